//! Validates requests against the document.

use axum::http::{header::CONTENT_TYPE, request::Parts};
use serde_json::{Map, Value};

use super::{asked::Asked, extract::Params};
use crate::base::{document::Operation, failure::Failure};

/// Validates the parameters and the JSON body of a request. The error lists the problems by field.
pub(super) fn check(operation: &Operation, parts: &Parts, body: &[u8]) -> Result<(Params, Asked), Failure> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|error| Failure::form(error.to_string()))?;
    let mut form = Vec::new();
    let mut fields = Map::new();
    for parameter in &operation.parameters {
        let values: Vec<&str> = if parameter.in_header {
            parts.headers.get_all(&parameter.name).iter().filter_map(|value| value.to_str().ok()).collect()
        } else {
            pairs.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str()).collect()
        };
        if values.is_empty() && parameter.required {
            add(&mut fields, &parameter.name, "is required".to_owned());
        }
        for problem in values.into_iter().filter_map(|value| parameter.problem(value)) {
            add(&mut fields, &parameter.name, problem);
        }
    }
    let mut json = Value::Null;
    if let Some(validator) = &operation.body {
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            form.push("the body must be application/json".to_owned());
        } else {
            match serde_json::from_slice::<Value>(body) {
                Ok(value) => {
                    for error in validator.iter_errors(&value) {
                        let path = error.instance_path().to_string();
                        match path.split('/').nth(1).filter(|name| !name.is_empty()) {
                            Some(name) => add(&mut fields, name, error.to_string()),
                            None => form.push(error.to_string()),
                        }
                    }
                    json = value;
                }
                Err(error) => form.push(format!("the body is not JSON: {error}")),
            }
        }
    }
    if form.is_empty() && fields.is_empty() {
        let params = Params(pairs.into_iter().collect());
        let asked = Asked::of(&params, &json);
        return Ok((params, asked));
    }
    Err(Failure::validation(&form, fields))
}

fn add(fields: &mut Map<String, Value>, name: &str, problem: String) {
    // The message quotes the value, which may be long.
    let problem: String = problem.chars().take(300).collect();
    if let Value::Array(problems) = fields.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        problems.push(Value::String(problem));
    }
}
