//! Determines the type of a body from its first bytes, because gateways send valid events as plain text, and errors
//! as JSON with a success status.

/// The type of a body, according to its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Not enough bytes to decide.
    Unclear,
    Events,
    Json,
    Other,
}

/// Determines the type from these first bytes. `promised` is true if the content type is that of events.
pub(crate) fn look(bytes: &[u8], promised: bool) -> Looks {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    const FIELDS: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
    if MARK.starts_with(bytes) {
        return Looks::Unclear;
    }
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes).trim_ascii_start();
    match text {
        [] if bytes.len() < 1024 => Looks::Unclear,
        [b'{' | b'[', ..] => Looks::Json,
        [b'<', ..] => Looks::Other,
        // Unknown fields are skipped.
        _ if promised => Looks::Events,
        _ if FIELDS.iter().any(|field| text.starts_with(field)) => Looks::Events,
        _ if FIELDS.iter().any(|field| field.starts_with(text)) => Looks::Unclear,
        _ => Looks::Other,
    }
}

/// Whether a whole body is a stream of events. Some servers stream even if they are not asked to.
pub(crate) fn is_stream(body: &[u8]) -> bool {
    look(body, false) == Looks::Events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_recognized_by_the_first_bytes() {
        for (text, promised, other) in [
            ("data: {}", Looks::Events, Looks::Events),
            ("\u{feff}\n\ndata: {}", Looks::Events, Looks::Events),
            (": ping", Looks::Events, Looks::Events),
            ("{\"error\":1}", Looks::Json, Looks::Json),
            ("\u{feff} [", Looks::Json, Looks::Json),
            ("<html>", Looks::Other, Looks::Other),
            ("", Looks::Unclear, Looks::Unclear),
            (" \n", Looks::Unclear, Looks::Unclear),
            ("da", Looks::Events, Looks::Unclear),
            ("dates", Looks::Events, Looks::Other),
        ] {
            assert_eq!(look(text.as_bytes(), true), promised, "{text}");
            assert_eq!(look(text.as_bytes(), false), other, "{text}");
        }
        assert_eq!(look(b"\xEF\xBB", true), Looks::Unclear);
    }
}
