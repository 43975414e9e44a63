//! Parses error pages of proxies and firewalls, and XML errors of storage services.

/// The title of an HTML page or the message of an XML document. Empty if there is none.
pub(super) fn title(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return String::new();
    }
    // Converting ASCII to lower case keeps all positions.
    let lower = text.to_ascii_lowercase();
    let found = ["title", "message", "h1"].into_iter().find_map(|tag| {
        let words = unescaped(element(text, &lower, tag)?);
        (!words.is_empty()).then_some(words)
    });
    found.unwrap_or_default()
}

/// The content of the first element with this name, up to the end of the text if it is not closed.
fn element<'a>(text: &'a str, lower: &str, name: &str) -> Option<&'a str> {
    let opening = format!("<{name}");
    let starts =
        |at: &usize| matches!(lower.as_bytes().get(at + opening.len()), Some(b'>' | b' ' | b'\t' | b'\n' | b'\r'));
    let at = lower.match_indices(&opening).map(|(at, _)| at).find(starts)?;
    let start = at + lower.get(at..)?.find('>')? + 1;
    let end = lower.get(start..)?.find("</").map_or(lower.len(), |length| start + length);
    text.get(start..end)
}

fn unescaped(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(words, |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_speaks_through_its_title() {
        for (page, expected) in [
            ("<html><head><TITLE>502\n Bad Gateway</TITLE></head>", "502 Bad Gateway"),
            ("<title>cut off", "cut off"),
            ("<title data-x=\"y\">A &amp; B</title>", "A & B"),
            ("<titles>no</titles><h1>Sorry</h1>", "Sorry"),
            ("<title></title><body><h1 class='x'>Sorry</h1>", "Sorry"),
            ("<?xml version='1.0'?><Error><Code>C</Code><Message>Denied</Message></Error>", "Denied"),
            ("<p>nothing", ""),
            ("no page <title>x</title>", ""),
            ("<title", ""),
        ] {
            assert_eq!(title(page), expected, "{page}");
        }
    }
}
