//! Parses error pages of proxies and firewalls, and XML errors of storage services.

/// The maximum amount of text in bytes to read from a page without a title.
const MAX_TEXT: usize = 2000;

/// The title of an HTML page or the message of an XML document. Empty if there is none.
pub(super) fn title(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return String::new();
    }
    // Converting ASCII to lower case keeps all positions.
    let lower = text.to_ascii_lowercase();
    let find = |tags: &[&str]| {
        tags.iter().find_map(|tag| {
            let words = unescaped(element(text, &lower, tag)?);
            (!words.is_empty()).then_some(words)
        })
    };
    match find(&["title", "message", "faultstring", "h1"]) {
        // Express has this title for every error.
        Some(title) if title.eq_ignore_ascii_case("error") => match find(&["pre", "p"]) {
            Some(more) => format!("{title}: {more}"),
            None => title,
        },
        Some(title) => title,
        None => {
            let words = unescaped(&visible(text, &lower));
            if words.is_empty() { attribute(text, &lower).map(unescaped).unwrap_or_default() } else { words }
        }
    }
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

/// The text between the tags, without scripts, styles and comments.
fn visible(text: &str, lower: &str) -> String {
    let mut words = String::new();
    let mut at = 0;
    while let Some(length) = lower.get(at..).and_then(|rest| rest.find('<')) {
        words.push_str(text.get(at..at + length).unwrap_or_default());
        if words.len() > MAX_TEXT {
            break;
        }
        let rest = lower.get(at + length..).unwrap_or_default();
        let hidden = [("<script", "</script"), ("<style", "</style"), ("<!--", "-->")];
        let end = hidden.iter().find(|(start, _)| rest.starts_with(start)).map_or(Some(0), |(_, end)| rest.find(end));
        let Some(tag) = end.and_then(|end| Some(end + rest.get(end..)?.find('>')? + 1)) else {
            return words;
        };
        words.push(' ');
        at += length + tag;
    }
    words.push_str(text.get(at..).unwrap_or_default());
    words
}

/// The message in an attribute, for documents without text.
fn attribute<'a>(text: &'a str, lower: &str) -> Option<&'a str> {
    ["message=\"", "description=\"", "reason=\""].iter().find_map(|name| {
        let start = lower.find(name)? + name.len();
        let end = start + lower.get(start..)?.find('"')?;
        text.get(start..end)
    })
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
    fn the_message_of_a_page_is_its_title_or_heading() {
        for (page, expected) in [
            ("<html><head><TITLE>502\n Bad Gateway</TITLE></head>", "502 Bad Gateway"),
            ("<title>cut off", "cut off"),
            ("<title data-x=\"y\">A &amp; B</title>", "A & B"),
            ("<titles>no</titles><h1>Sorry</h1>", "Sorry"),
            ("<title></title><body><h1 class='x'>Sorry</h1>", "Sorry"),
            ("<?xml version='1.0'?><Error><Code>C</Code><Message>Denied</Message></Error>", "Denied"),
            ("<title>Error</title><pre>Cannot GET /x</pre>", "Error: Cannot GET /x"),
            ("<s:Body><faultstring>Empty</faultstring></s:Body>", "Empty"),
            ("<p>Come <b>back</b> later", "Come back later"),
            ("<style>p > a {}</style><!-- > --><script>1 < 2</script><h2>A nap</h2>", "A nap"),
            ("<script>never closed", ""),
            ("<fault code=\"1\" description=\"no &lt;x&gt;\"/>", "no <x>"),
            ("<p>", ""),
            ("no page <title>x</title>", ""),
            ("<title", ""),
        ] {
            assert_eq!(title(page), expected, "{page}");
        }
    }
}
