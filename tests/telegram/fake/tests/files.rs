//! Files in both directions.

use serde_json::{Value, json};

use super::super::{Post, Server, TOKEN};
use super::{ana, call, exchange, png, upload};

async fn download(server: &Server, path: &str) -> (u16, Vec<u8>) {
    let request = format!("GET /file/bot{TOKEN}/{path} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n");
    let answer = exchange(server, request.as_bytes()).await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn what_people_send_is_fetched() {
    let server = Server::start().await;
    let chat = ana(&server);
    server.post(Post::by(chat, chat).voice(*b"OggS and so on", 3));
    let update = server.pending_updates().pop().unwrap();
    let voice = &update["message"]["voice"];
    assert_eq!((&voice["duration"], &voice["mime_type"]), (&json!(3), &json!("audio/ogg")));
    let file = call(&server, "getFile", json!({ "file_id": voice["file_id"] })).await.unwrap();
    let path = file["file_path"].as_str().unwrap();
    assert_eq!(download(&server, path).await, (200, b"OggS and so on".to_vec()));
    assert_eq!(download(&server, &path.replace('/', "%2F")).await.0, 200);
    assert_eq!(download(&server, "voice/other.oga").await.0, 404);
    assert_eq!(server.calls("download").len(), 3);
    let wrong = call(&server, "getFile", json!({ "file_id": "what" })).await;
    assert_eq!(wrong, Err("400 Bad Request: invalid file_id".into()));
}

#[tokio::test]
async fn a_file_may_be_too_big_to_fetch() {
    let server = Server::start().await;
    let chat = ana(&server);
    server.post(
        Post::by(chat, chat).document("a.bin", "application/zip", *b"PK").of_size(20 * 1024 * 1024 + 1),
    );
    let update = server.pending_updates().pop().unwrap();
    let id = &update["message"]["document"]["file_id"];
    assert_eq!(
        call(&server, "getFile", json!({ "file_id": id })).await,
        Err("400 Bad Request: file is too big".into())
    );
}

async fn photo(server: &Server, chat: i64, bytes: &[u8], caption: &str) -> Result<Value, String> {
    let chat = chat.to_string();
    let params = [("chat_id", chat.as_str()), ("caption", caption)];
    upload(server, "sendPhoto", &params, &[("photo", "a.png", bytes)]).await
}

#[tokio::test]
async fn photos_have_limits() {
    let server = Server::start().await;
    let chat = ana(&server);
    let sent = photo(&server, chat, &png(512, 768), "a cat").await.unwrap();
    let sizes = sent["photo"].as_array().unwrap();
    assert_eq!((&sizes[1]["width"], &sizes[1]["height"], sizes.len()), (&json!(512), &json!(768), 2));
    assert_eq!(server.replies(chat)[0].bytes, Some(png(512, 768)));
    for (width, height) in [(9000, 1001), (21, 1), (0, 5)] {
        let answer = photo(&server, chat, &png(width, height), "").await;
        assert_eq!(answer, Err("400 Bad Request: PHOTO_INVALID_DIMENSIONS".into()));
    }
    assert_eq!(photo(&server, chat, b"GIF", "").await, Err("400 Bad Request: IMAGE_PROCESS_FAILED".into()));
    assert_eq!(photo(&server, chat, b"", "").await, Err("400 Bad Request: file must be non-empty".into()));
    let heavy = [png(64, 64), vec![0; 10 * 1024 * 1024]].concat();
    let size = heavy.len();
    let expected = format!(
        "400 Bad Request: file of size {size} bytes is too big for a photo; the maximum size is 10485760 bytes"
    );
    assert_eq!(photo(&server, chat, &heavy, "").await, Err(expected));
    let caption = "🎨".repeat(513);
    let answer = photo(&server, chat, &png(64, 64), &caption).await;
    assert_eq!(answer, Err("400 Bad Request: message caption is too long".into()));
    let again = json!({ "chat_id": chat, "photo": sizes[1]["file_id"] });
    call(&server, "sendPhoto", again).await.unwrap();
    assert_eq!(server.replies(chat)[1].bytes, Some(png(512, 768)));
}

#[tokio::test]
async fn jpegs_are_measured() {
    let server = Server::start().await;
    let chat = ana(&server);
    let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x20\0\x40\x03\x01\x11\0";
    let sent = photo(&server, chat, jpeg, "").await.unwrap();
    assert_eq!((&sent["photo"][1]["width"], &sent["photo"][1]["height"]), (&json!(64), &json!(32)));
}

#[tokio::test]
async fn other_files_and_albums_are_sent() {
    let server = Server::start().await;
    let chat = ana(&server);
    let to = chat.to_string();
    let params = [("chat_id", to.as_str()), ("document", "attach://file")];
    let sent = upload(&server, "sendDocument", &params, &[("file", "cat.png", &png(1, 1))]).await.unwrap();
    assert_eq!(sent["document"]["file_name"], "cat.png");
    let params = [("chat_id", to.as_str()), ("duration", "2")];
    let sent = upload(&server, "sendVoice", &params, &[("voice", "a.ogg", b"OggS")]).await.unwrap();
    assert_eq!(sent["voice"]["duration"], 2);
    let media =
        r#"[{"type":"photo","media":"attach://a","caption":"two"},{"type":"photo","media":"attach://b"}]"#;
    let params = [("chat_id", to.as_str()), ("media", media)];
    let files: [(&str, &str, &[u8]); 2] = [("a", "a.png", &png(8, 8)), ("b", "b.png", &png(9, 9))];
    let album = upload(&server, "sendMediaGroup", &params, &files).await.unwrap();
    assert_eq!(album[0]["media_group_id"], album[1]["media_group_id"]);
    assert_eq!(server.replies(chat).len(), 4);
    let stray = upload(&server, "sendMessage", &[("chat_id", &to), ("text", "a")], &[("x", "x", b"x")]).await;
    assert!(stray.unwrap_err().contains("no parameter names the file x"));
    assert_eq!(server.violations().len(), 1);
}
