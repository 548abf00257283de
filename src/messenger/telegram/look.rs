//! A look at the service from outside, for `doctor`: who the bot is, what it is shown, who takes its messages, what time it is
//! there. Two questions (`getMe`, `getWebhookInfo`), which change nothing and disturb nobody who polls.
//!
//! They are asked without the library, which keeps neither the status nor the `Date` of an answer.

use std::time::{Duration, UNIX_EPOCH};

use reqwest12::header::{CONTENT_TYPE, DATE};
use serde_json::Value;
use teloxide_core::Bot;

use super::client::{ANSWERS_WITHIN, bot};
use super::trouble::{Trouble, network};
use super::{OptionsError, TelegramOptions};

/// Characters of what the service says about an error.
const LONGEST: usize = 200;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// The bot's name, without the @.
    pub username: String,
    /// Whether it is shown everything that groups say.
    pub reads_all: bool,
    /// Who takes its messages, where that is not whoever polls.
    pub webhook: Option<Webhook>,
    /// Updates that wait.
    pub pending: i64,
    /// What time it is there (Unix milliseconds, whole seconds), where that was said.
    pub date: Option<i64>,
}

/// An address that messages are handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its host; the path may be a secret.
    pub host: String,
    /// What went wrong there last.
    pub last_error: Option<String>,
}

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// The connection cannot be made as configured.
    #[error("{0}")]
    Options(String),
    /// The service does not know the token.
    #[error("the token is not accepted")]
    Token,
    /// It wants to be left alone.
    #[error("too many requests; again in {0:?}")]
    TooMany(Duration),
    /// It was not reached, or did not answer.
    #[error("{0}")]
    Away(String),
    /// Something answered, and not as the service does.
    #[error("{0}")]
    Odd(String),
}

impl From<OptionsError> for LookError {
    fn from(error: OptionsError) -> Self {
        Self::Options(error.to_string())
    }
}

/// Looks. The caller has the deadline.
///
/// # Errors
/// When nothing can be said; neither the token nor an address with it stands in any of them.
pub async fn look(options: &TelegramOptions) -> Result<Look, LookError> {
    let bot = bot(options, ANSWERS_WITHIN)?;
    let (me, _) = ask(&bot, "getMe").await?;
    let (hook, date) = ask(&bot, "getWebhookInfo").await?;
    Ok(Look { date, ..seen(&me, &hook) })
}

/// The result of a question, and the `Date` of the answer.
async fn ask(bot: &Bot, method: &str) -> Result<(Value, Option<i64>), LookError> {
    let mut url = bot.api_url();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&format!("bot{}", bot.token())).push(method);
    }
    let away = |error: reqwest12::Error| match network(&error) {
        Trouble::Away(reason) | Trouble::Unknown(reason) => LookError::Away(reason),
        other => LookError::Away(format!("{other:?}")),
    };
    let request = bot.client().post(url).header(CONTENT_TYPE, "application/json").body("{}");
    let response = request.send().await.map_err(away)?;
    let status = response.status().as_u16();
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(moment);
    let text = response.text().await.map_err(away)?;
    answer(status, &text).map(|result| (result, date))
}

/// What an answer comes to.
fn answer(status: u16, text: &str) -> Result<Value, LookError> {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(ok) = said.get("ok").and_then(Value::as_bool) else {
        return Err(LookError::Odd(format!("HTTP {status}")));
    };
    if let Some(result) = said.get("result").filter(|_| ok) {
        return Ok(result.clone());
    }
    match said.get("error_code").and_then(Value::as_u64).unwrap_or(status.into()) {
        // 404 is a token that does not even look like one of the service's.
        401 | 404 => Err(LookError::Token),
        429 => {
            let seconds = said.pointer("/parameters/retry_after").and_then(Value::as_u64);
            Err(LookError::TooMany(Duration::from_secs(seconds.unwrap_or(1))))
        }
        code => {
            let words = said.get("description").and_then(Value::as_str).unwrap_or_default();
            Err(LookError::Odd(short(&format!("{code} {words}"))))
        }
    }
}

fn seen(me: &Value, hook: &Value) -> Look {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let webhook = text(hook, "url").map(|url| Webhook {
        host: reqwest12::Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "?".to_owned()),
        last_error: text(hook, "last_error_message").map(|said| short(&said)),
    });
    Look {
        username: text(me, "username").unwrap_or_default(),
        reads_all: me.get("can_read_all_group_messages").and_then(Value::as_bool).unwrap_or_default(),
        webhook,
        pending: hook.get("pending_update_count").and_then(Value::as_i64).unwrap_or_default(),
        date: None,
    }
}

fn short(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// The Unix milliseconds of a date of HTTP (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn moment(date: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_of_http_is_a_moment() {
        assert_eq!(moment("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(moment("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(moment("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800_000));
        for wrong in [
            "",
            "now",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, x",
            "Sun, 06 Nov 9223372036854775807 08:49:37 GMT",
        ] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_is_a_result_or_says_what_is_wrong() {
        assert_eq!(answer(200, r#"{"ok": true, "result": 7}"#), Ok(json!(7)));
        let refused = |status, text: &str| answer(status, text).unwrap_err();
        assert_eq!(
            refused(401, r#"{"ok": false, "error_code": 401, "description": "Unauthorized"}"#),
            LookError::Token
        );
        let many = r#"{"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 9",
            "parameters": {"retry_after": 9}}"#;
        assert_eq!(refused(429, many), LookError::TooMany(Duration::from_secs(9)));
        assert_eq!(refused(404, "<html>nginx</html>"), LookError::Odd("HTTP 404".to_owned()));
        let ours = r#"{"ok": false, "error_code": 500, "description": "Internal Server Error"}"#;
        assert_eq!(refused(500, ours), LookError::Odd("500 Internal Server Error".to_owned()));
        assert_eq!(refused(200, r#"{"ok": true}"#), LookError::Odd("200".to_owned()));
    }

    #[test]
    fn the_path_of_a_webhook_is_a_secret() {
        let me = json!({"id": 1, "username": "house_bot", "can_read_all_group_messages": true});
        let hook = json!({"url": "https://example.org/1:secret", "pending_update_count": 3,
            "last_error_message": "Wrong response from the webhook: 404 Not Found\n"});
        let last_error = Some("Wrong response from the webhook: 404 Not Found".to_owned());
        let webhook = Some(Webhook { host: "example.org".to_owned(), last_error });
        let expected =
            Look { username: "house_bot".to_owned(), reads_all: true, webhook, pending: 3, date: None };
        assert_eq!(seen(&me, &hook), expected);
        assert_eq!(seen(&json!({}), &json!({"url": ""})), Look::default());
    }

    #[tokio::test]
    async fn nobody_there_is_away_and_the_token_is_not_said() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let token = super::super::Token::new("123456:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao").unwrap();
        let options = TelegramOptions { server, ..TelegramOptions::new(token) };
        let error = look(&options).await.unwrap_err();
        assert!(matches!(error, LookError::Away(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("AAF7"), "{error:?}");
        let odd = TelegramOptions { server: "ftp://x".to_owned(), ..options };
        assert!(matches!(look(&odd).await, Err(LookError::Options(_))));
    }
}
