//! HTTP: connections that can be cut, calls that are answered, and what goes wrong on the way.
//!
//! What a call means is the business of [`super::methods`] and [`super::polling`].

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::{IncomingStream, Listener};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::call::{BODY_LIMIT, Call, Raw};
use super::fault::{DOWNLOAD, Fault};
use super::methods;
use super::polling;
use super::refusal::Refusal;
use super::schema::Schema;
use super::seen;
use super::{Shared, files};

/// Serves until the token is cancelled; then every connection is cut at once.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let doors = Doors { listener, stop: stop.clone(), shared: shared.clone() };
    let app = Router::new().fallback(answer).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(shared);
    let service = app.into_make_service_with_connect_info::<Cut>();
    let served = axum::serve(doors, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    served.expect("serving ends without an error");
}

struct Doors {
    listener: TcpListener,
    stop: CancellationToken,
    shared: Arc<Shared>,
}

impl Listener for Doors {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await {
                self.shared.connections.fetch_add(1, Ordering::SeqCst);
                let cut = self.stop.child_token();
                return (Line { stream, until: Box::pin(cut.clone().cancelled_owned()), cut }, address);
            }
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when it is cut: no further byte in either direction.
struct Line {
    stream: TcpStream,
    cut: CancellationToken,
    until: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Cuts the connection that a call came over.
#[derive(Clone)]
struct Cut(CancellationToken);

impl Connected<IncomingStream<'_, Doors>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Self {
        Self(stream.io().cut.clone())
    }
}

impl Line {
    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        self.cut.is_cancelled() || self.until.as_mut().poll(context).is_ready()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What the call is, whose token it has, and its path below that.
enum Wanted {
    Method(String, String),
    Download(String, String),
}

fn wanted(path: &str) -> Option<Wanted> {
    if let Some((token, file)) = path.strip_prefix("/file/bot").and_then(|rest| rest.split_once('/')) {
        return Some(Wanted::Download(files::decoded(token), files::decoded(file)));
    }
    let (token, method) = path.strip_prefix("/bot")?.split_once('/')?;
    Some(Wanted::Method(files::decoded(token), method.to_owned()))
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(Cut(cut)): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (token, name, path) = match wanted(request.uri().path()) {
        None => return refused(&Refusal::new(404, "Not Found")),
        Some(Wanted::Download(token, path)) => (token, String::from(DOWNLOAD), Some(path)),
        Some(Wanted::Method(token, method)) => {
            let known = Schema::get().method(&method);
            (token, known.map_or(method, |known| known.name.clone()), None)
        }
    };
    let raw = match Raw::read(request).await {
        Ok(raw) => raw,
        Err(refusal) => return refused(&refusal),
    };
    let (number, fault) = recorded(&shared, &name, path.as_deref(), &raw);
    let response = match before(fault.as_ref(), &shared, &cut).await {
        Some(response) => response,
        None => handled(&shared, number, &token, &name, path.as_deref(), raw).await,
    };
    if matches!(fault, Some(Fault::DropAfter)) {
        cut.cancel();
    }
    if !cut.is_cancelled() {
        shared.change(|state| state.requests[number].status = Some(response.status().as_u16()));
    }
    response
}

fn recorded(shared: &Shared, name: &str, path: Option<&str>, raw: &Raw) -> (usize, Option<Fault>) {
    shared.change(|state| {
        let mut params = raw.params.clone();
        if let Some(path) = path {
            params = Map::from_iter([(String::from("path"), json!(path))]);
        }
        let (method, files, at) = (name.to_owned(), raw.files.clone(), state.elapsed());
        state.requests.push(seen::Request { method, params, files, at, status: None, made: None });
        (state.requests.len() - 1, state.faults.take(name))
    })
}

/// What goes wrong before the call is handled; none: it is handled.
async fn before(fault: Option<&Fault>, shared: &Shared, cut: &CancellationToken) -> Option<Response> {
    match fault? {
        Fault::Status(code, description, parameters) => {
            let (code, description, parameters) = (*code, description.clone(), parameters.clone());
            Some(refused(&Refusal { code, description, parameters }))
        }
        Fault::RetryAfter(seconds) => Some(refused(&Refusal::retry_after(*seconds))),
        Fault::Html502 => {
            let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                        Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n";
            Some((StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response())
        }
        Fault::Garbage => {
            Some((StatusCode::OK, [(CONTENT_TYPE, "application/json")], "{\"ok\":tru").into_response())
        }
        Fault::HalfOpen => {
            // When the fake stops the line is cut, and with it this wait: the server drops it.
            shared.let_go().await;
            cut.cancel();
            Some(StatusCode::OK.into_response())
        }
        Fault::Drop => {
            cut.cancel();
            Some(StatusCode::OK.into_response())
        }
        Fault::Slow(time) => {
            tokio::time::sleep(*time).await;
            None
        }
        Fault::DropAfter => None,
    }
}

async fn handled(
    shared: &Shared,
    number: usize,
    token: &str,
    name: &str,
    path: Option<&str>,
    raw: Raw,
) -> Response {
    if let Some(refusal) = shared.look(|state| methods::unauthorized(state, token)) {
        return refused(&refusal);
    }
    if let Some(path) = path {
        return match shared.look(|state| files::named(state, path)) {
            Some(bytes) => Body::from(bytes).into_response(),
            None => refused(&Refusal::new(404, "Not Found")),
        };
    }
    let call = match Call::check(name, raw) {
        Ok(call) => call,
        Err((refusal, violations)) => {
            shared.change(|state| state.violations.extend(violations));
            return refused(&refusal);
        }
    };
    let result = if call.name == "getUpdates" {
        polling::get_updates(shared, &call).await
    } else {
        shared.change(|state| {
            let done = methods::perform(state, &call);
            let made = done.as_ref().ok().filter(|_| call.name.starts_with("send"));
            state.requests[number].made = made.and_then(|message| message["message_id"].as_i64());
            done
        })
    };
    match result {
        Ok(result) => body(StatusCode::OK, &json!({ "ok": true, "result": result })),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = body(status, &refusal.json());
    let seconds = refusal.parameters.as_ref().and_then(|parameters| parameters["retry_after"].as_u64());
    if let Some(seconds) = seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn body(status: StatusCode, json: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    (status, headers, json.to_string()).into_response()
}
