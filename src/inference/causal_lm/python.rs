//! The few methods of Python's strings and dictionaries that chat templates call.

use minijinja::value::{Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

/// Called by minijinja for a method it does not know itself.
pub(super) fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => of_text(text, method, args),
        (ValueKind::Map, _) => of_map(state, value, method, args),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn of_text(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    Ok(match method {
        "strip" | "lstrip" | "rstrip" => strip(text, method, args)?,
        "startswith" => Value::from(text.starts_with(one(args)?)),
        "endswith" => Value::from(text.ends_with(one(args)?)),
        "split" => split(text, args)?,
        "splitlines" => text.lines().collect(),
        "upper" => Value::from(text.to_uppercase()),
        "lower" => Value::from(text.to_lowercase()),
        "title" => Value::from(title(text)),
        "capitalize" => Value::from(capital(text)),
        "replace" => {
            let (from, to): (&str, &str) = from_args(args)?;
            Value::from(text.replace(from, to))
        }
        "find" => {
            let at = text.find(one(args)?).and_then(|at| text.get(..at));
            Value::from(at.map_or(-1, |head| i64::try_from(head.chars().count()).unwrap_or(i64::MAX)))
        }
        "count" => Value::from(text.matches(one(args)?).count()),
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

fn one(args: &[Value]) -> Result<&str, Error> {
    let (argument,): (&str,) = from_args(args)?;
    Ok(argument)
}

fn strip(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let (chars,): (Option<&str>,) = from_args(args)?;
    let strips = |c: char| chars.map_or(c.is_whitespace(), |chars| chars.contains(c));
    Ok(Value::from(match method {
        "lstrip" => text.trim_start_matches(strips),
        "rstrip" => text.trim_end_matches(strips),
        _ => text.trim_matches(strips),
    }))
}

/// `str.split(sep=None, maxsplit=-1)`.
fn split(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
    let most =
        most.and_then(|most| usize::try_from(most).ok()).map_or(usize::MAX, |most| most.saturating_add(1));
    match separator {
        Some("") => Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        Some(separator) => Ok(text.splitn(most, separator).map(Value::from).collect()),
        None if most == usize::MAX => Ok(text.split_whitespace().map(Value::from).collect()),
        None => {
            Err(Error::new(ErrorKind::InvalidOperation, "split without a separator takes no maxsplit here"))
        }
    }
}

fn title(text: &str) -> String {
    text.split_inclusive(|c: char| !c.is_alphabetic()).map(capital).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect())
        .unwrap_or_default()
}

fn of_map(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "items" => state.apply_filter("items", std::slice::from_ref(value)),
        "keys" => Ok(value.try_iter()?.collect()),
        "values" => value.try_iter()?.map(|key| value.get_item(&key)).collect(),
        "get" => {
            let (key, default): (Value, Option<Value>) = from_args(args)?;
            let found = value.get_item(&key)?;
            Ok(if found.is_undefined() { default.unwrap_or(Value::from(())) } else { found })
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

#[cfg(test)]
mod tests {
    /// Left: an expression; right: what Python's Jinja prints for it.
    #[test]
    fn methods_do_what_python_does() {
        let mut environment = minijinja::Environment::new();
        environment.set_unknown_method_callback(super::call);
        for (expression, expected) in [
            ("' a b '.strip()", "a b"),
            ("'xxaxx'.strip('x')", "a"),
            ("' a '.lstrip() ~ '|'", "a |"),
            ("'a\n'.rstrip() ~ '|'", "a|"),
            ("'think</t>say'.split('</t>')[-1]", "say"),
            ("'a,b,c'.split(',', 1)[1]", "b,c"),
            ("' a  b '.split()|join('-')", "a-b"),
            ("'a\nb'.splitlines()|length", "2"),
            ("'abc'.startswith('ab') and 'abc'.endswith('bc')", "True"),
            ("'we are'.title() ~ 'we ARE'.capitalize()", "We AreWe are"),
            ("'aXbX'.replace('X', '.')", "a.b."),
            ("'abc'.find('c') ~ 'abc'.find('z') ~ 'aab'.count('a')", "2-12"),
            ("{'k': 1}.get('k') ~ {'k': 1}.get('z', 7)", "17"),
            ("{'k': 1}.items()|list|length ~ {'k': 5}.values()[0] ~ {'k': 5}.keys()[0]", "15k"),
            ("'É'.lower() ~ 'é'.upper()", "éÉ"),
        ] {
            let rendered = environment.render_str(&format!("{{{{ {expression} }}}}"), ()).unwrap();
            assert_eq!(rendered, expected, "{expression}");
        }
        assert!(environment.render_str("{{ 'a'.nothing() }}", ()).is_err());
    }
}
