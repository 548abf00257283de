//! Files on the server: what a bot may send, and what it may fetch.

use std::path::Path;

use serde_json::{Value, json};

use super::call::Call;
use super::picture;
use super::refusal::Refusal;
use super::world::State;

/// The largest file that a bot may fetch.
const FETCH_LIMIT: u64 = 20 * 1024 * 1024;
const PHOTO_LIMIT: usize = 10 * 1024 * 1024;
const UPLOAD_LIMIT: usize = 50 * 1024 * 1024;

/// A file as part of a message.
pub(super) struct Media {
    /// `photo`, `voice`, `document`, ...
    pub(super) field: String,
    pub(super) value: Value,
    pub(super) bytes: Vec<u8>,
}

/// The bytes at a path that `getFile` gave.
pub(super) fn named(state: &State, path: &str) -> Option<Vec<u8>> {
    // A server with `--local` hands out nothing over the network.
    let there = state.files.values().filter(|_| state.local.is_none());
    let file = there.into_iter().find(|file| file.path == path && file.size <= FETCH_LIMIT)?;
    Some(file.bytes.clone())
}

/// `photos%2Ffile_1.jpg` is `photos/file_1.jpg`.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `getFile`.
pub(super) fn get_file(state: &State, call: &Call) -> Result<Value, Refusal> {
    let id = call.text("file_id");
    let file = state.files.get(id).ok_or_else(|| Refusal::bad("invalid file_id"))?;
    if file.size > FETCH_LIMIT && state.local.is_none() {
        return Err(Refusal::bad("file is too big"));
    }
    let path = match (&state.said_path, &state.local) {
        (Some(said), _) => said.clone(),
        (None, Some(folder)) => laid_down(&folder.join(&state.token).join(&file.path), &file.bytes),
        (None, None) => file.path.clone(),
    };
    Ok(json!({ "file_id": id, "file_unique_id": file.unique, "file_size": file.size, "file_path": path }))
}

fn laid_down(path: &Path, bytes: &[u8]) -> String {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What a bot sends as `field`: an upload, or the id of a file that is there.
pub(super) fn sent(
    state: &mut State,
    call: &Call,
    field: &str,
    said: Option<&str>,
) -> Result<Media, Refusal> {
    let part = match said {
        Some(said) if !said.starts_with("attach://") => return known(state, field, said),
        _ => call
            .upload(field, said)
            .ok_or_else(|| Refusal::bad("there is no such file in the request"))?
            .clone(),
    };
    if part.bytes.is_empty() {
        return Err(Refusal::bad("file must be non-empty"));
    }
    if part.bytes.len() > UPLOAD_LIMIT {
        return Err(Refusal::new(413, "Request Entity Too Large"));
    }
    if field == "photo" {
        photo_fits(&part.bytes)?;
    }
    let value = described(state, field, part.name.as_deref(), part.mime.as_deref(), &part.bytes, None, call);
    Ok(Media { field: field.to_owned(), value, bytes: part.bytes })
}

fn known(state: &State, field: &str, id: &str) -> Result<Media, Refusal> {
    if id.contains("://") {
        return Err(Refusal::bad("failed to get HTTP URL content"));
    }
    let file = state
        .files
        .get(id)
        .ok_or_else(|| Refusal::bad("wrong remote file identifier specified: Wrong padding in the string"))?;
    if file.field != field {
        return Err(Refusal::bad("type of file mismatch"));
    }
    // Every message that holds a file describes it in full; the first one that does is as good as any.
    let messages = state.chats.values().flat_map(|chat| chat.messages.values());
    let value =
        messages.filter_map(|message| message.json.get(field)).find(|value| value.to_string().contains(id));
    let value =
        value.cloned().ok_or_else(|| Refusal::bad("wrong file_id or the file is temporarily unavailable"))?;
    Ok(Media { field: field.to_owned(), value, bytes: file.bytes.clone() })
}

fn photo_fits(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > PHOTO_LIMIT {
        return Err(Refusal::bad(format!(
            "file of size {} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes",
            bytes.len()
        )));
    }
    let (width, height) = picture::size(bytes).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
    let (long, short) = (width.max(height), width.min(height));
    if short == 0 || width + height > 10_000 || long > 20 * short {
        return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(())
}

/// Keeps a file and says what it is, as a message does. The size may be claimed.
pub(super) fn described(
    state: &mut State,
    field: &str,
    name: Option<&str>,
    mime: Option<&str>,
    bytes: &[u8],
    size: Option<u64>,
    said: &impl Said,
) -> Value {
    let size = size.unwrap_or(bytes.len() as u64);
    let id = state.keep_file(field, name, bytes.to_vec(), size);
    let unique = state.files[&id].unique.clone();
    let mut value = json!({ "file_id": id, "file_unique_id": unique, "file_size": size });
    match field {
        "photo" => {
            let (width, height) = picture::size(bytes).unwrap_or((800, 600));
            value["width"] = json!(width);
            value["height"] = json!(height);
            return json!([thumbnail(state, bytes, (width, height)), value]);
        }
        "voice" => value["mime_type"] = json!(mime.unwrap_or("audio/ogg")),
        "audio" => value["mime_type"] = json!(mime.unwrap_or("audio/mpeg")),
        "video" => value["mime_type"] = json!(mime.unwrap_or("video/mp4")),
        "document" => value["mime_type"] = json!(mime.unwrap_or("application/octet-stream")),
        _ => {}
    }
    if let Some(name) = name.filter(|_| ["audio", "document", "video"].contains(&field)) {
        value["file_name"] = json!(name);
    }
    if field == "video_note" {
        value["length"] = json!(384);
    }
    if field == "video" {
        value["width"] = json!(640);
        value["height"] = json!(480);
    }
    if ["voice", "audio", "video", "video_note"].contains(&field) {
        value["duration"] = json!(said.seconds());
    }
    value
}

/// Where the length of a recording is said.
pub(super) trait Said {
    fn seconds(&self) -> i64;
}

impl Said for Call {
    fn seconds(&self) -> i64 {
        self.integer("duration").unwrap_or(0)
    }
}

impl Said for i64 {
    fn seconds(&self) -> i64 {
        *self
    }
}

/// The smaller of the two sizes that every photo comes in.
fn thumbnail(state: &mut State, bytes: &[u8], (width, height): (u32, u32)) -> Value {
    let id = state.keep_file("photo", None, bytes.to_vec(), bytes.len() as u64);
    let unique = state.files[&id].unique.clone();
    let long = width.max(height).max(90);
    let (width, height) = ((width * 90 / long).max(1), (height * 90 / long).max(1));
    json!({ "file_id": id, "file_unique_id": unique, "file_size": bytes.len(), "width": width, "height": height })
}
