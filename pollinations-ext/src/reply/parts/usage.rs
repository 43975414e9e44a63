//! The usage of a reply, under the names of different providers.

use pollinations_api::types::CompletionUsage;
use serde_json::Value;

/// Completes the usage from other names or by adding up its parts.
pub(in crate::reply) fn complete(usage: &mut CompletionUsage) {
    let other = |usage: &CompletionUsage, names: &[&str]| {
        names.iter().find_map(|name| count(usage.extra().get(name)?)).unwrap_or_default()
    };
    if usage.prompt_tokens == 0 {
        usage.prompt_tokens = other(usage, &["input_tokens", "prompt_token_count"]);
    }
    if usage.completion_tokens == 0 {
        usage.completion_tokens = other(usage, &["output_tokens", "candidates_token_count"]);
    }
    if usage.total_tokens == 0 {
        usage.total_tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
    }
}

/// The cost.
pub(in crate::reply) fn cost(usage: &CompletionUsage) -> Option<f64> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    ["cost", "total_cost", "estimated_cost"].iter().find_map(|name| match usage.extra().get(name)? {
        Value::Object(parts) => number(parts.get("total_cost").or_else(|| parts.get("total"))?),
        value => number(value),
    })
}

/// The number of tokens from a cache.
pub(in crate::reply) fn cached(usage: &CompletionUsage) -> Option<u64> {
    let known = [usage.cached_input_tokens, usage.cache_read_input_tokens];
    let details = usage.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let other = || {
        ["prompt_cache_hit_tokens", "cached_tokens", "cached_content_token_count"]
            .iter()
            .find_map(|name| count(usage.extra().get(name)?))
            .or_else(|| count(usage.extra().get("input_tokens_details")?.get("cached_tokens")?))
    };
    details.or(known[0]).or(known[1]).or_else(other)
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> CompletionUsage {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn cost_and_cached_tokens_are_found_under_every_name() {
        for (usage, expected) in [
            (json!({ "cost": 0.5 }), Some(0.5)),
            (json!({ "cost": "0.5" }), Some(0.5)),
            (json!({ "cost": { "input_tokens_cost": 0.1, "total_cost": 0.5 } }), Some(0.5)),
            (json!({ "estimated_cost": 0.5 }), Some(0.5)),
            (json!({}), None),
        ] {
            assert_eq!(cost(&read(usage.clone())), expected, "{usage}");
        }
        for usage in [
            json!({ "prompt_tokens_details": { "cached_tokens": 3 } }),
            json!({ "cached_input_tokens": 3 }),
            json!({ "cache_read_input_tokens": 3 }),
            json!({ "prompt_cache_hit_tokens": 3 }),
            json!({ "input_tokens_details": { "cached_tokens": 3 } }),
        ] {
            assert_eq!(cached(&read(usage.clone())), Some(3), "{usage}");
        }
    }

    #[test]
    fn missing_token_counts_are_computed() {
        for (usage, expected) in [
            (json!({ "prompt_tokens": 5, "completion_tokens": 1 }), [5, 1, 6]),
            (json!({ "prompt_tokens": 5, "total_tokens": 5 }), [5, 0, 5]),
            (json!({ "input_tokens": 5, "output_tokens": 1 }), [5, 1, 6]),
            (json!({}), [0, 0, 0]),
        ] {
            let mut read = read(usage.clone());
            complete(&mut read);
            assert_eq!([read.prompt_tokens, read.completion_tokens, read.total_tokens], expected, "{usage}");
        }
    }
}
