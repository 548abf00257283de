//! One call of the bot, read from HTTP and held to the schema.

use axum::body::to_bytes;
use axum::extract::{FromRequest as _, Multipart, Query, Request};
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::schema::Schema;
use super::seen::Upload;

/// What the real server takes at most, with room for the form around a file of 50 MB.
pub(super) const BODY_LIMIT: usize = 52 * 1024 * 1024;

/// What came over the wire.
pub(super) struct Raw {
    pub(super) params: Map<String, Value>,
    pub(super) files: Vec<Upload>,
    /// Values of forms are strings that may hold JSON.
    form: bool,
}

/// A call whose parameters fit the schema.
pub(super) struct Call {
    pub(super) name: String,
    pub(super) params: Map<String, Value>,
    files: Vec<Upload>,
}

impl Raw {
    /// JSON, an encoded form, a multipart form, or a query: the real server takes all four.
    pub(super) async fn read(request: Request) -> Result<Self, Refusal> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.to_lowercase();
        if kind.starts_with("multipart/form-data") {
            return Self::multipart(request).await;
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = to_bytes(request.into_body(), BODY_LIMIT).await;
        let body = body.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
        if kind.starts_with("application/json") && !body.is_empty() {
            let params = serde_json::from_slice(&body);
            let params = params.map_err(|_| Refusal::bad("can't parse JSON object"))?;
            return Ok(Self { params, files: Vec::new(), form: false });
        }
        let encoded = if kind.starts_with("application/x-www-form-urlencoded") {
            String::from_utf8_lossy(&body).into_owned()
        } else {
            query
        };
        let uri =
            format!("http://fake/?{encoded}").parse().map_err(|_| Refusal::bad("can't parse the form"))?;
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&uri);
        let Query(pairs) = pairs.map_err(|_| Refusal::bad("can't parse the form"))?;
        let params = pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Ok(Self { params, files: Vec::new(), form: true })
    }

    async fn multipart(request: Request) -> Result<Self, Refusal> {
        let broken = || Refusal::bad("can't parse multipart form data");
        let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
        let mut raw = Self { params: Map::new(), files: Vec::new(), form: true };
        while let Some(part) = form.next_field().await.map_err(|_| broken())? {
            let name = part.name().ok_or_else(broken)?.to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let mime = part.content_type().map(str::to_owned);
            if file_name.is_some() || mime.as_deref().is_some_and(|mime| !mime.starts_with("text/plain")) {
                let bytes = part.bytes().await.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
                raw.files.push(Upload { part: name, name: file_name, mime, bytes: bytes.to_vec() });
            } else {
                raw.params.insert(name, Value::String(part.text().await.map_err(|_| broken())?));
            }
        }
        Ok(raw)
    }
}

impl Call {
    /// Holds a call to the schema. What the real server lets pass is said in the second part.
    pub(super) fn check(method: &str, raw: Raw) -> Result<Self, (Refusal, Vec<String>)> {
        let Some(known) = Schema::get().method(method) else {
            let violation = format!("{method}: Bot API 10.3 has no such method");
            return Err((Refusal::new(404, "Not Found: method not found"), vec![violation]));
        };
        let parts: Vec<String> = raw.files.iter().map(|file| file.part.clone()).collect();
        match known.check(&raw.params, raw.form, &parts) {
            Ok(params) => Ok(Self { name: known.name.clone(), params, files: raw.files }),
            Err(wrong) => Err((Refusal::bad(format!("the fake is strict: {}", wrong.join("; "))), wrong)),
        }
    }

    pub(super) fn param(&self, name: &str) -> Option<&Value> {
        self.params.get(name)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.param(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.param(name).and_then(Value::as_i64)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The file that a parameter is, or that it names as `attach://part`.
    pub(super) fn upload(&self, field: &str, said: Option<&str>) -> Option<&Upload> {
        let part = said.and_then(|said| said.strip_prefix("attach://")).unwrap_or(field);
        self.files.iter().find(|file| file.part == part)
    }
}
