//! Server-sent events (WHATWG HTML, section 9.2.6), decoded from bytes that may be split anywhere.
//!
//! The streams of this crate use [`Decoder`]. You can also use it for events from other sources, such as a proxy or a
//! recording. For chat events, use [`ChatStream::from_bytes`](crate::chat::ChatStream::from_bytes).

use bytes::{Buf, Bytes};

use super::error::{Error, ErrorKind};

/// The default maximum size of an event in bytes.
const MAX_EVENT: usize = 8 * 1024 * 1024;

/// Finds the events in a stream of bytes.
///
/// Lines may end with LF, CR, or CRLF. Comments, and fields other than `data` and `event`, are skipped. An event ends
/// with an empty line. Some servers leave out the last empty line; [`finish`](Self::finish) returns the data before
/// it. The data does not have to be UTF-8, because the decoder does not interpret it.
///
/// The memory of one event is reused for the next.
///
/// # Examples
///
/// ```
/// use pollinations_ext::sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut events = Vec::new();
/// for piece in ["data: one\n\nda", "ta: two\r\nda", "ta: lines\n", "\n: ping\n\n", "data: cut off"] {
///     let mut piece = piece.into();
///     while decoder.advance(&mut piece)? {
///         events.push(String::from_utf8_lossy(decoder.data()).into_owned());
///     }
/// }
/// assert_eq!(events, ["one", "two\nlines"]);
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    /// The beginning of a line that is not complete yet.
    line: Vec<u8>,
    /// The data of the event so far, with an LF after each line. Once the event is complete, the last LF is removed.
    data: Vec<u8>,
    /// The name of the event. Empty if it has no name.
    event: Vec<u8>,
    complete: bool,
    /// Whether the last byte was a CR. An LF that follows belongs to it.
    after_cr: bool,
    /// Whether the first line, which may begin with a byte order mark, has been read.
    begun: bool,
    max_event: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Creates a decoder for the start of a stream. Events may have up to 8 MiB.
    ///
    /// # Examples
    ///
    /// ```
    /// let decoder = pollinations_ext::sse::Decoder::new();
    /// assert_eq!(decoder.data(), b"");
    /// ```
    pub fn new() -> Self {
        Self {
            line: Vec::new(),
            data: Vec::new(),
            event: Vec::new(),
            complete: false,
            after_cr: false,
            begun: false,
            max_event: MAX_EVENT,
        }
    }

    /// Sets the maximum size of an event in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{ErrorKind, sse::Decoder};
    ///
    /// let mut decoder = Decoder::new().max_event(10);
    /// let error = decoder.advance(&mut "data: too much".into()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TooLarge);
    /// ```
    pub fn max_event(mut self, bytes: usize) -> Self {
        self.max_event = bytes;
        self
    }

    /// Reads the input up to the end of the next event. Returns `true` if it found an event; [`data`] then returns
    /// its data until the next call. Returns `false` if it used up the input and needs more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] if an event or a line is too large. Do not use the decoder after that.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut decoder = pollinations_ext::sse::Decoder::new();
    /// let mut input = "data: hello\n\ndata: and".into();
    /// assert!(decoder.advance(&mut input)?);
    /// assert_eq!(decoder.data(), b"hello");
    /// assert!(!decoder.advance(&mut input)?);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    ///
    /// [`data`]: Self::data
    pub fn advance(&mut self, input: &mut Bytes) -> Result<bool, Error> {
        if self.complete {
            self.complete = false;
            self.data.clear();
            self.event.clear();
        }
        let mut rest = &input[..];
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, mut after) = (&rest[..end], &rest[end + 1..]);
            if rest[end] == b'\r' {
                match after.strip_prefix(b"\n") {
                    Some(next) => after = next,
                    None => self.after_cr = after.is_empty(),
                }
            }
            rest = after;
            if self.line.is_empty() {
                self.read(line)?;
            } else {
                self.hold(line)?;
                let mut line = std::mem::take(&mut self.line);
                self.read(&line)?;
                line.clear();
                self.line = line;
            }
            if self.complete {
                input.advance(input.len() - rest.len());
                return Ok(true);
            }
        }
        self.hold(rest)?;
        input.clear();
        Ok(false)
    }

    /// The data of the event that [`advance`](Self::advance) found: its lines, joined with LF.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut decoder = pollinations_ext::sse::Decoder::new();
    /// assert!(decoder.advance(&mut "event: greeting\ndata: hello\ndata: you\n\n".into())?);
    /// assert_eq!(decoder.data(), b"hello\nyou");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn data(&self) -> &[u8] {
        if self.complete { &self.data } else { &[] }
    }

    /// The name of the event that [`advance`](Self::advance) found, such as `error` or `ping`. `None` if the event
    /// has no name, as in most streams.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut decoder = pollinations_ext::sse::Decoder::new();
    /// let mut input = "event: error\ndata: no pollen left\n\ndata: unnamed\n\n".into();
    /// assert!(decoder.advance(&mut input)?);
    /// assert_eq!(decoder.event(), Some("error"));
    /// assert!(decoder.advance(&mut input)?);
    /// assert_eq!(decoder.event(), None);
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn event(&self) -> Option<&str> {
        if !self.complete || self.event.is_empty() {
            return None;
        }
        str::from_utf8(&self.event).ok()
    }

    /// Ends the input. Returns `true` if it ended within an event that has data; [`data`](Self::data) then returns
    /// it.
    ///
    /// The specification discards such an event. But some servers leave out the empty line after the last event, so
    /// the data may be complete. Check its content.
    ///
    /// # Errors
    ///
    /// Same as [`advance`](Self::advance).
    ///
    /// # Examples
    ///
    /// ```
    /// let mut decoder = pollinations_ext::sse::Decoder::new();
    /// assert!(!decoder.advance(&mut "data: [DONE]".into())?);
    /// assert!(decoder.finish()?);
    /// assert_eq!(decoder.data(), b"[DONE]");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn finish(&mut self) -> Result<bool, Error> {
        if self.complete {
            self.complete = false;
            self.data.clear();
            self.event.clear();
        }
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.read(&line)?;
        }
        self.complete = self.data.pop().is_some();
        Ok(self.complete)
    }

    /// Processes a whole line, without its line ending.
    fn read(&mut self, mut line: &[u8]) -> Result<(), Error> {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            // An event without data is not an event.
            self.complete = self.data.pop().is_some();
            if !self.complete {
                self.event.clear();
            }
            return Ok(());
        }
        let Some(value) = field(line, b"data") else {
            if let Some(name) = field(line, b"event") {
                self.check(name.len())?;
                self.event.clear();
                self.event.extend_from_slice(name);
            }
            return Ok(());
        };
        self.check(value.len())?;
        self.data.extend_from_slice(value);
        self.data.push(b'\n');
        Ok(())
    }

    /// Stores a part of a line until the rest arrives.
    fn hold(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.check(piece.len())?;
        self.line.extend_from_slice(piece);
        Ok(())
    }

    fn check(&self, more: usize) -> Result<(), Error> {
        let size = self.data.len() + self.line.len() + more;
        if size <= self.max_event {
            return Ok(());
        }
        let message = format!("an event of the stream is larger than {} bytes", self.max_event);
        Err(Error::new(ErrorKind::TooLarge, message))
    }
}

/// The value of a field, if this line has that field.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::new();
        let mut events = Vec::new();
        for piece in pieces {
            let mut piece = Bytes::copy_from_slice(piece);
            while decoder.advance(&mut piece).unwrap() {
                events.push(String::from_utf8(decoder.data().to_vec()).unwrap());
            }
            assert!(piece.is_empty());
        }
        events
    }

    #[test]
    fn the_events_do_not_depend_on_how_the_stream_is_split() {
        let stream = "\u{feff}data: one\r\n\r\ndata:two\ndata\ndata:  three\n\n: comment\rid: 1\rdata: f\u{fc}nf\r\rdata:\n\nevent: x\n\nrest";
        let expected = ["one", "two\n\n three", "f\u{fc}nf", ""];
        let stream = stream.as_bytes();
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(decode(&pieces), expected, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn only_the_exact_field_name_data_counts() {
        assert_eq!(decode(&[b"database: x\n data: y\nDATA: z\n\n"]), [""; 0]);
    }

    #[test]
    fn the_last_event_needs_no_empty_line() {
        for (stream, expected) in [
            ("data: a", Some("a")),
            ("data: a\n", Some("a")),
            ("data: a\r", Some("a")),
            ("data: a\ndata: b", Some("a\nb")),
            ("data: a\n\n", None),
            ("data: a\n\n: comment", None),
            ("data: a\n\nda", None),
            ("", None),
        ] {
            let mut decoder = Decoder::new();
            let mut input = stream.into();
            while decoder.advance(&mut input).unwrap() {}
            let found = decoder.finish().unwrap().then(|| str::from_utf8(decoder.data()).unwrap());
            assert_eq!(found, expected, "{stream:?}");
            assert!(!decoder.finish().unwrap());
        }
    }

    #[test]
    fn an_event_name_applies_only_to_its_own_event() {
        let mut decoder = Decoder::new();
        let mut input = "event: gone\n\nevent:a\nevent: error\ndata: 1\n\ndata: 2\n\nevent\ndata: 3\n\n".into();
        let mut names = Vec::new();
        while decoder.advance(&mut input).unwrap() {
            names.push(decoder.event().map(str::to_owned));
        }
        assert_eq!(names, [Some("error".to_owned()), None, None]);
    }

    #[test]
    fn long_lines_and_long_events_hit_the_size_limit() {
        for stream in ["data: 123456789\n", ": a comment", "data: 1\ndata: 2\ndata: 3\ndata: 4\ndata: 5\n\n"] {
            let mut whole = Decoder::new().max_event(8);
            assert!(whole.advance(&mut stream.into()).is_err(), "{stream}");
            let mut decoder = Decoder::new().max_event(8);
            let fails = |byte: u8| decoder.advance(&mut Bytes::copy_from_slice(&[byte])).is_err();
            assert!(stream.bytes().any(fails), "{stream}");
        }
        let mut decoder = Decoder::new().max_event(8);
        for _ in 0..100 {
            assert!(decoder.advance(&mut "data: 1\n\n".into()).unwrap());
        }
    }
}
