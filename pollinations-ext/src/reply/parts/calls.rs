//! Merges tool calls.
//!
//! OpenAI distinguishes calls by their index. Other providers leave the index out or always set it to 0, and some
//! leave out the ID too.

use pollinations_api::types::{FunctionCall, FunctionCallDelta, ToolCall, ToolCallDelta};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::joined;

/// The calls of a reply so far.
#[derive(Debug, Default)]
pub(in crate::reply) struct Calls(Vec<Call>);

/// One call so far.
#[derive(Debug, Default)]
pub(in crate::reply) struct Call {
    index: Option<u64>,
    id: String,
    kind: Option<String>,
    name: String,
    arguments: String,
    /// Additional fields of the call and of its function.
    extra: Map<String, Value>,
    function_extra: Map<String, Value>,
}

impl Calls {
    pub(in crate::reply) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the deltas of one event.
    pub(in crate::reply) fn add(&mut self, pieces: &[ToolCallDelta]) {
        for (nth, piece) in pieces.iter().enumerate() {
            let at = self.find(piece, nth, pieces.len()).unwrap_or_else(|| {
                self.0.push(Call { index: piece.index, ..Call::default() });
                self.0.len() - 1
            });
            if let Some(call) = self.0.get_mut(at) {
                call.add(piece);
            }
        }
    }

    /// The call that a delta belongs to, or `None` if it starts a new call.
    fn find(&self, piece: &ToolCallDelta, nth: usize, of: usize) -> Option<usize> {
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        let named =
            piece.function.as_ref().is_some_and(|function| function.name.as_ref().is_some_and(|name| !name.is_empty()));
        let last = |fits: &dyn Fn(&Call) -> bool| self.0.iter().rposition(fits);
        let found = match (id, piece.index) {
            (Some(id), index) => last(&|call| call.id == id)
                // The ID may arrive after the first delta.
                .or_else(|| last(&|call| index.is_some() && call.index == index).filter(|at| self.is_nameless(*at))),
            (None, Some(index)) => last(&|call| call.index == Some(index)),
            // Calls that started in the same event continue in the same order.
            (None, None) if !named => (self.0.len() + nth).checked_sub(of).or(self.0.len().checked_sub(1)),
            (None, None) if nth == 0 => self.0.len().checked_sub(1),
            (None, None) => None,
        };
        found.filter(|at| self.0.get(*at).is_some_and(|call| !call.is_followed_by(piece)))
    }

    fn is_nameless(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|call| call.id.is_empty())
    }

    /// The calls in order.
    pub(in crate::reply) fn whole(&self) -> Vec<ToolCall> {
        let mut calls: Vec<&Call> = self.0.iter().collect();
        if calls.iter().all(|call| call.index.is_some()) {
            // The sort is stable: calls with the same index stay in the order received.
            calls.sort_by_key(|call| call.index);
        }
        calls.into_iter().map(Call::whole).collect()
    }
}

impl Call {
    fn add(&mut self, piece: &ToolCallDelta) {
        if let Some(id) = piece.id.as_ref().filter(|id| !id.is_empty()) {
            self.id.clone_from(id);
        }
        if let Some(kind) = piece.type_.as_ref().filter(|kind| !kind.is_empty() && *kind != "function") {
            self.kind = Some(kind.clone());
        }
        if let Some(function) = &piece.function {
            self.add_function(function);
        }
        for (name, value) in
            piece.extra().iter().filter(|(name, _)| !matches!(*name, "index" | "id" | "type" | "function"))
        {
            joined::add(&mut self.extra, name, value);
        }
    }

    /// Adds a delta of the function and its arguments.
    pub(in crate::reply) fn add_function(&mut self, function: &FunctionCallDelta) {
        let is_whole = is_whole(&self.arguments);
        match function.name.as_deref().unwrap_or_default() {
            name if self.name == name => {}
            // Some providers repeat the whole name so far.
            name if name.starts_with(&*self.name) => name.clone_into(&mut self.name),
            name if self.arguments.is_empty() => self.name.push_str(name),
            _ => {}
        }
        match arguments(function) {
            // Some providers repeat the call at the end.
            Some(arguments) if is_whole && *arguments == *self.arguments => {}
            Some(arguments) => self.arguments.push_str(&arguments),
            None => {}
        }
        for (name, value) in function.extra().iter().filter(|(name, _)| !matches!(*name, "name" | "arguments")) {
            joined::add(&mut self.function_extra, name, value);
        }
    }

    /// Whether a delta with the index of this call starts another call: the arguments are already complete, and the
    /// delta has a name and arguments again.
    fn is_followed_by(&self, piece: &ToolCallDelta) -> bool {
        let Some(function) = &piece.function else { return false };
        let Some(name) = function.name.as_ref().filter(|name| !name.is_empty()) else { return false };
        let Some(arguments) = arguments(function).filter(|arguments| !arguments.is_empty()) else { return false };
        let is_repeated = *name == self.name && *arguments == *self.arguments;
        let is_told_apart = piece.id.as_ref().is_some_and(|id| !id.is_empty()) || piece.index.is_some();
        is_whole(&self.arguments) && !(is_repeated && is_told_apart)
    }

    pub(in crate::reply) fn function(&self) -> FunctionCall {
        let mut function = FunctionCall::new(self.arguments.clone(), self.name.clone());
        for (name, value) in &self.function_extra {
            function.extra_mut().insert(name.clone(), value.clone());
        }
        function
    }

    fn whole(&self) -> ToolCall {
        let mut call = ToolCall::new(self.function(), self.id.clone());
        if let Some(kind) = &self.kind {
            call.type_.clone_from(kind);
        }
        for (name, value) in &self.extra {
            match value {
                Value::Object(object) if name == "extra_content" => call.extra_content = Some(object.clone()),
                _ => {
                    call.extra_mut().insert(name.clone(), value.clone());
                }
            }
        }
        call
    }
}

/// Whether arguments are complete. A delta alone never is.
fn is_whole(arguments: &str) -> bool {
    arguments.trim_end().ends_with('}') && serde_json::from_str::<IgnoredAny>(arguments).is_ok()
}

/// The arguments in a delta. Some providers send them as an object.
fn arguments(function: &FunctionCallDelta) -> Option<std::borrow::Cow<'_, str>> {
    match function.extra().get("arguments") {
        Some(object @ (Value::Object(_) | Value::Array(_))) => Some(object.to_string().into()),
        _ => function.arguments.as_deref().map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The calls merged from these events, as `id name arguments`.
    fn calls(events: &Value) -> Vec<String> {
        let mut calls = Calls::default();
        for event in events.as_array().unwrap() {
            let pieces: Vec<ToolCallDelta> = serde_json::from_value(event.clone()).unwrap();
            calls.add(&pieces);
        }
        let shown = |call: ToolCall| format!("{} {} {}", call.id, call.function.name, call.function.arguments);
        calls.whole().into_iter().map(shown).collect()
    }

    fn piece(index: Value, id: Value, name: Value, arguments: Value) -> Value {
        json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
    }

    #[test]
    fn pieces_of_tool_calls_are_merged_in_every_form() {
        let n = Value::Null;
        let p = |index: Value, id: &str, name: &str, arguments: &str| {
            let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
            piece(index, text(id), text(name), text(arguments))
        };
        for (what, events, expected) in [
            (
                "by index",
                json!([
                    [p(json!(1), "b", "t", "")],
                    [p(json!(0), "a", "w", "{")],
                    [p(json!(0), "", "", "}"), p(json!(1), "", "", "{}")]
                ]),
                vec!["a w {}", "b t {}"],
            ),
            (
                "by id, index always 0",
                json!([
                    [p(json!(0), "a", "w", "{")],
                    [p(json!(0), "", "", "}")],
                    [p(json!(0), "b", "t", "{")],
                    [p(json!(0), "", "", "}")]
                ]),
                vec!["a w {}", "b t {}"],
            ),
            (
                "by id, no index",
                json!([[p(n.clone(), "a", "w", "{")], [p(n.clone(), "b", "t", "{}")], [p(n.clone(), "a", "", "}")]]),
                vec!["a w {}", "b t {}"],
            ),
            ("in order", json!([[p(n.clone(), "", "w", "{}")], [p(n.clone(), "", "t", "{}")]]), vec![" w {}", " t {}"]),
            (
                "in order, in pieces",
                json!([
                    [p(n.clone(), "", "w", "")],
                    [p(n.clone(), "", "", "{")],
                    [p(n.clone(), "", "", "}")],
                    [p(n.clone(), "", "w", "{}")]
                ]),
                vec![" w {}", " w {}"],
            ),
            (
                "in order, in one event",
                json!([
                    [p(n.clone(), "", "w", "{"), p(n.clone(), "", "t", "[")],
                    [p(n.clone(), "", "", "}"), p(n.clone(), "", "", "]")]
                ]),
                vec![" w {}", " t []"],
            ),
            (
                "index always 0, no id",
                json!([[p(json!(0), "", "w", "{}")], [p(json!(0), "", "t", "{}")]]),
                vec![" w {}", " t {}"],
            ),
            (
                "name in every piece",
                json!([[p(json!(0), "a", "w", "{")], [p(json!(0), "a", "w", "}")], [p(json!(0), "a", "w", "")]]),
                vec!["a w {}"],
            ),
            (
                "name in pieces",
                json!([[p(json!(0), "a", "wea", "")], [p(json!(0), "", "ther", "")], [p(json!(0), "", "", "{}")]]),
                vec!["a weather {}"],
            ),
            (
                "name grows",
                json!([[p(json!(0), "a", "wea", "")], [p(json!(0), "a", "weather", "{}")]]),
                vec!["a weather {}"],
            ),
            (
                "complete arguments again",
                json!([[p(json!(0), "a", "w", "{")], [p(json!(0), "a", "w", "}")], [p(json!(0), "a", "w", "{}")]]),
                vec!["a w {}"],
            ),
            ("id after the name", json!([[p(json!(0), "", "w", "")], [p(json!(0), "a", "", "{}")]]), vec!["a w {}"]),
            (
                "object",
                json!([[piece(json!(0), json!("a"), json!("w"), json!({ "text": "x" }))]]),
                vec![r#"a w {"text":"x"}"#],
            ),
            ("null", json!([[piece(json!(0), json!("a"), json!("w"), n.clone())]]), vec!["a w "]),
        ] {
            assert_eq!(calls(&events), expected, "{what}");
        }
    }
}
