//! JSON Schema 2020-12, as much of it as `docs/report-schema.json` uses. A keyword that it does not know is a fault of the
//! schema, so that nothing is passed over in silence.

use serde_json::Value;

/// What is wrong with a document, each with its place.
pub(super) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, document, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        return faults.push(format!("{place}: a schema is an object"));
    };
    for (keyword, rule) in keywords {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "required" | "properties" | "additionalProperties" => true,
            "$ref" => {
                let name = rule.as_str().and_then(|link| link.strip_prefix("#/$defs/")).unwrap_or_default();
                match root["$defs"].get(name) {
                    Some(target) => check(root, target, value, place, faults),
                    None => faults.push(format!("{place}: there is no definition '{name}'")),
                }
                true
            }
            "type" => match rule {
                Value::String(kind) => is(value, kind),
                kinds => {
                    kinds.as_array().is_some_and(|kinds| kinds.iter().filter_map(Value::as_str).any(|k| is(value, k)))
                }
            },
            "const" => value == rule,
            "enum" => rule.as_array().is_some_and(|allowed| allowed.contains(value)),
            "minimum" => value.as_i64().zip(rule.as_i64()).is_none_or(|(value, least)| value >= least),
            "format" => value.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap_or_default(), text)),
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{place}/{at}"), faults);
                }
                true
            }
            "anyOf" | "oneOf" => {
                let fits = |one: &&Value| {
                    let mut wrong = Vec::new();
                    check(root, one, value, place, &mut wrong);
                    wrong.is_empty()
                };
                let fitting = rule.as_array().into_iter().flatten().filter(fits).count();
                if keyword == "oneOf" { fitting == 1 } else { fitting > 0 }
            }
            other => {
                faults.push(format!("{place}: the schema's keyword '{other}' is not known here"));
                true
            }
        };
        if !holds {
            faults.push(format!("{place}: not {keyword} {rule}"));
        }
    }
    check_object(root, schema, value, place, faults);
}

fn check_object(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            faults.push(format!("{place}: '{name}' is missing"));
        }
    }
    for (name, value) in object {
        let place = format!("{place}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(schema), _) | (None, schema @ Value::Object(_)) => check(root, schema, value, &place, faults),
            (None, Value::Bool(false)) => faults.push(format!("{place}: not in the schema")),
            (None, _) => {}
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// Whether a text is as a pattern says: `^…$` of characters, `[sets]`, `{n}` and `+`.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(mut rest) = pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$')) else { return false };
    let mut text = text.chars().peekable();
    while let Some(first) = rest.chars().next() {
        let set = if let Some((set, after)) = rest.strip_prefix('[').and_then(|set| set.split_once(']')) {
            rest = after;
            set.to_owned()
        } else {
            rest = &rest[first.len_utf8()..];
            first.to_string()
        };
        let (least, most) = if let Some((count, after)) = rest.strip_prefix('{').and_then(|count| count.split_once('}'))
        {
            rest = after;
            let count = count.parse().unwrap_or(0);
            (count, count)
        } else if let Some(after) = rest.strip_prefix('+') {
            rest = after;
            (1, usize::MAX)
        } else {
            (1, 1)
        };
        let mut found = 0;
        while found < most && text.next_if(|c| within(&set, *c)).is_some() {
            found += 1;
        }
        if found < least {
            return false;
        }
    }
    text.next().is_none()
}

/// Whether a character is in a set such as `0-9a-f`.
fn within(set: &str, c: char) -> bool {
    let set: Vec<char> = set.chars().collect();
    let ranges = set.windows(3).filter(|window| window[1] == '-').any(|window| (window[0]..=window[2]).contains(&c));
    ranges || (set.contains(&c) && (c != '-' || set.len() == 1))
}
