//! IDs in the path of a request.

/// Why an ID is invalid. An empty ID, `.` or `..` would change the path, so that the request reaches a different
/// operation.
pub(super) fn problem(id: &str, what: &str) -> Option<String> {
    match id {
        "" => Some(format!("the ID of {what} is empty")),
        "." | ".." => Some(format!("`{id}` is not a valid ID of {what}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_ids_and_dot_segments_are_rejected() {
        assert_eq!(problem("", "a key").unwrap(), "the ID of a key is empty");
        for id in [".", ".."] {
            assert_eq!(problem(id, "a key").unwrap(), format!("`{id}` is not a valid ID of a key"));
        }
        for id in ["key_1", "a/b", "...", "%2e"] {
            assert_eq!(problem(id, "a key"), None, "{id}");
        }
    }
}
