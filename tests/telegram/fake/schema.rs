//! The shape oracle: what Bot API 10.3 says a method takes and an object holds (`schema/`).
//!
//! Pure: values go in, paths of what is wrong come out. What a value *means* is the business of the methods.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// Bot API 10.3.
pub(super) struct Schema {
    types: BTreeMap<String, Shape>,
    /// By their names in small letters: method names are case-insensitive.
    methods: BTreeMap<String, Method>,
}

/// One method.
pub(super) struct Method {
    pub(super) name: String,
    fields: BTreeMap<String, Field>,
}

enum Shape {
    Fields(BTreeMap<String, Field>),
    AnyOf(Vec<Kind>),
}

struct Field {
    required: bool,
    kind: Kind,
}

enum Kind {
    Integer,
    Float,
    String,
    Boolean,
    True,
    Fixed(String),
    Object(String),
    Array(Box<Self>),
    AnyOf(Vec<Self>),
}

impl Schema {
    /// The one schema.
    pub(super) fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| Self::parse(include_str!("schema/bot-api-10.3.json")))
    }

    fn parse(json: &str) -> Self {
        let json: Value = serde_json::from_str(json).unwrap();
        let types = json["types"].as_object().unwrap().iter().map(|(name, shape)| {
            let shape = match shape.as_array() {
                Some(names) => Shape::AnyOf(names.iter().map(|name| kind(name.as_str().unwrap())).collect()),
                None => Shape::Fields(fields(shape)),
            };
            (name.clone(), shape)
        });
        let methods =
            json["methods"].as_object().unwrap().iter().map(|(name, shape)| {
                (name.to_lowercase(), Method { name: name.clone(), fields: fields(shape) })
            });
        Self { types: types.collect(), methods: methods.collect() }
    }

    /// A method by its name in any letters.
    pub(super) fn method(&self, name: &str) -> Option<&Method> {
        self.methods.get(&name.to_lowercase())
    }

    /// Whether an update of this kind exists.
    pub(super) fn knows_update(&self, kind: &str) -> bool {
        matches!(&self.types["Update"], Shape::Fields(fields) if fields.contains_key(kind) && kind != "update_id")
    }

    /// Holds a value to a type; what is wrong, each with its path.
    pub(super) fn check(&self, name: &str, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.object(name, value, name, &mut wrong);
        wrong
    }

    fn object(&self, name: &str, value: &Value, path: &str, wrong: &mut Vec<String>) {
        match self.types.get(name) {
            None => wrong.push(format!("{path}: the schema has no type {name}")),
            Some(Shape::AnyOf(kinds)) => self.any_of(kinds, value, path, wrong),
            Some(Shape::Fields(_)) if name == "InputFile" => {
                wrong.push(format!("{path}: a file travels as a part of a multipart form"));
            }
            Some(Shape::Fields(fields)) => match value.as_object() {
                Some(object) => self.fields(fields, object, path, wrong),
                None => wrong.push(format!("{path}: expected {name}, found {value}")),
            },
        }
    }

    fn fields(
        &self,
        fields: &BTreeMap<String, Field>,
        object: &Map<String, Value>,
        path: &str,
        wrong: &mut Vec<String>,
    ) {
        for (name, field) in fields {
            match object.get(name) {
                Some(value) => self.kind(&field.kind, value, &format!("{path}.{name}"), wrong),
                None if field.required => wrong.push(format!("{path}.{name}: missing")),
                None => {}
            }
        }
        for name in object.keys().filter(|name| !fields.contains_key(*name)) {
            wrong.push(format!("{path}.{name}: unknown"));
        }
    }

    fn kind(&self, kind: &Kind, value: &Value, path: &str, wrong: &mut Vec<String>) {
        let fits = match kind {
            Kind::Integer => value.is_i64(),
            Kind::Float => value.is_number(),
            Kind::String => value.is_string(),
            Kind::Boolean => value.is_boolean(),
            Kind::True => value == true,
            Kind::Fixed(fixed) => value == fixed,
            Kind::Object(name) => return self.object(name, value, path, wrong),
            Kind::AnyOf(kinds) => return self.any_of(kinds, value, path, wrong),
            Kind::Array(of) => match value.as_array() {
                Some(values) => {
                    for (index, value) in values.iter().enumerate() {
                        self.kind(of, value, &format!("{path}[{index}]"), wrong);
                    }
                    return;
                }
                None => false,
            },
        };
        if !fits {
            wrong.push(format!("{path}: expected {}, found {value}", kind.name()));
        }
    }

    /// Nothing is wrong when one of them fits; else the one that comes nearest says what is.
    fn any_of(&self, kinds: &[Kind], value: &Value, path: &str, wrong: &mut Vec<String>) {
        let tries = kinds.iter().map(|kind| {
            let mut wrong = Vec::new();
            self.kind(kind, value, path, &mut wrong);
            // The alternative that was meant has the right `type`, whatever else is wrong with it.
            let meant = !wrong.iter().any(|wrong| is_about_discriminator(wrong, path));
            (!wrong.is_empty(), !meant, wrong.len(), wrong)
        });
        if let Some((_, _, _, best)) = tries.min_by_key(|(any, other, count, _)| (*any, *other, *count)) {
            wrong.extend(best);
        }
    }
}

fn is_about_discriminator(wrong: &str, path: &str) -> bool {
    let rest = wrong.strip_prefix(path).unwrap_or_default();
    [".type:", ".status:", ".source:", ": expected"].iter().any(|mark| rest.starts_with(mark))
}

impl Method {
    /// The parameters with their kinds put right, or what is wrong with them. Form values are strings that may hold JSON.
    pub(super) fn check(
        &self,
        params: &Map<String, Value>,
        form: bool,
        files: &[String],
    ) -> Result<Map<String, Value>, Vec<String>> {
        let mut right = Map::new();
        let mut wrong = Vec::new();
        for (name, value) in params {
            let Some(field) = self.fields.get(name) else {
                wrong.push(format!("{}.{name}: unknown", self.name));
                continue;
            };
            let value = match value {
                Value::String(text) if form => field.kind.read(text),
                other => other.clone(),
            };
            let value = if field.kind.is_id_or_name() { id_or_name(value) } else { value };
            Schema::get().kind(&field.kind, &value, &format!("{}.{name}", self.name), &mut wrong);
            right.insert(name.clone(), value);
        }
        for (name, field) in &self.fields {
            if field.required && !params.contains_key(name) && !files.contains(name) {
                wrong.push(format!("{}.{name}: missing", self.name));
            }
        }
        // A file is either the parameter itself, or some other parameter says `attach://` and its name.
        let attached = serde_json::to_string(&right).unwrap();
        for file in files {
            if !self.fields.contains_key(file) && !attached.contains(&format!("\"attach://{file}\"")) {
                wrong.push(format!("{}: no parameter names the file {file}", self.name));
            }
        }
        if wrong.is_empty() { Ok(right) } else { Err(wrong) }
    }
}

/// The server takes `"123"` where it takes `"@name"`.
fn id_or_name(value: Value) -> Value {
    match value.as_str().and_then(|text| text.parse::<i64>().ok()) {
        Some(id) => id.into(),
        None => value,
    }
}

impl Kind {
    /// A value of a form.
    fn read(&self, text: &str) -> Value {
        let plain = || Value::String(text.to_owned());
        match self {
            Self::String | Self::Fixed(_) => plain(),
            Self::AnyOf(kinds) if kinds.iter().any(|kind| matches!(kind, Self::String)) => plain(),
            Self::Boolean | Self::True => match text.to_lowercase().as_str() {
                "true" | "yes" | "1" => true.into(),
                "false" | "no" | "0" => false.into(),
                _ => plain(),
            },
            _ => serde_json::from_str(text).unwrap_or_else(|_| plain()),
        }
    }

    fn is_id_or_name(&self) -> bool {
        matches!(self, Self::AnyOf(kinds) if matches!(kinds.as_slice(), [Self::Integer, Self::String]))
    }

    fn name(&self) -> String {
        match self {
            Self::Integer => "Integer".into(),
            Self::Float => "Float".into(),
            Self::String => "String".into(),
            Self::Boolean => "Boolean".into(),
            Self::True => "True".into(),
            Self::Fixed(fixed) => format!("{fixed:?}"),
            Self::Object(name) => name.clone(),
            Self::Array(of) => format!("Array of {}", of.name()),
            Self::AnyOf(kinds) => kinds.iter().map(Self::name).collect::<Vec<_>>().join(" or "),
        }
    }
}

fn fields(shape: &Value) -> BTreeMap<String, Field> {
    let fields = shape.as_object().unwrap().iter().map(|(name, text)| {
        let text = text.as_str().unwrap();
        let (required, text) = match text.strip_prefix('!') {
            Some(text) => (true, text),
            None => (false, text),
        };
        (name.clone(), Field { required, kind: kind(text) })
    });
    fields.collect()
}

fn kind(text: &str) -> Kind {
    if let Some(of) = text.strip_suffix("[]") {
        return Kind::Array(Box::new(kind(of)));
    }
    if text.contains('|') {
        return Kind::AnyOf(text.split('|').map(kind).collect());
    }
    match text {
        "Integer" => Kind::Integer,
        "Float" => Kind::Float,
        "String" => Kind::String,
        "Boolean" => Kind::Boolean,
        "True" => Kind::True,
        _ => match text.strip_prefix('=') {
            Some(fixed) => Kind::Fixed(fixed.to_owned()),
            None => Kind::Object(text.to_owned()),
        },
    }
}
