//! Continues a download with a second response, for a reader that already has the beginning.

use bytes::{Buf, Bytes};

use crate::base::error::{Error, ErrorKind};

/// A fingerprint of the bytes already returned, to check that a second response begins with the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    length: u64,
    /// FNV-1a, which depends on the bytes and not on how they are split into chunks.
    hash: u64,
}

impl Seen {
    const NOTHING: Self = Self { length: 0, hash: 0xcbf2_9ce4_8422_2325 };

    fn add(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.hash = bytes.iter().fold(self.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }
}

/// The position of a reader. After a restart, the bytes that the reader already has are skipped and compared, so that
/// parts of two different responses are never joined.
#[derive(Debug)]
pub(super) struct Place {
    handed_out: Seen,
    /// How many bytes of the second response were skipped.
    skipped: Option<Seen>,
}

impl Place {
    pub(super) const START: Self = Self { handed_out: Seen::NOTHING, skipped: None };

    /// Starts a second response.
    pub(super) fn restart(&mut self) {
        self.skipped = Some(Seen::NOTHING);
    }

    /// The part of a chunk that the reader does not have yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Connection`] if the second response does not begin with the same bytes as the first.
    pub(super) fn advance(&mut self, mut piece: Bytes) -> Result<Bytes, Error> {
        if let Some(skipped) = &mut self.skipped {
            let missing = self.handed_out.length - skipped.length;
            let known = usize::try_from(missing).unwrap_or(usize::MAX).min(piece.len());
            skipped.add(piece.get(..known).unwrap_or_default());
            piece.advance(known);
            if skipped.length == self.handed_out.length {
                let is_same = *skipped == self.handed_out;
                self.skipped = None;
                if !is_same {
                    return Err(differs());
                }
            }
        }
        self.handed_out.add(&piece);
        Ok(piece)
    }

    /// Whether the end of the response is also the end for the reader.
    pub(super) fn end(&self) -> Result<(), Error> {
        match self.skipped {
            // An empty beginning matches without a chunk.
            Some(_) if self.handed_out.length > 0 => Err(differs()),
            _ => Ok(()),
        }
    }
}

fn differs() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the connection broke, and the download cannot continue because the second response differs; start again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that a reader gets from an interrupted response, followed by a second response.
    fn read(first: &[&'static str], second: &[&'static str]) -> Result<String, Error> {
        let mut place = Place::START;
        let mut text = String::new();
        let mut take = |place: &mut Place, piece: &'static str| -> Result<(), Error> {
            text += std::str::from_utf8(&place.advance(Bytes::from_static(piece.as_bytes()))?).unwrap();
            Ok(())
        };
        first.iter().try_for_each(|piece| take(&mut place, piece))?;
        place.restart();
        second.iter().try_for_each(|piece| take(&mut place, piece))?;
        place.end()?;
        Ok(text)
    }

    #[test]
    fn a_second_response_continues_where_the_first_was_interrupted() {
        for first in [&["ab", "cd"][..], &["abcd"], &["a", "b", "c"], &[]] {
            for second in [&["abcdef"][..], &["a", "bcd", "ef"], &["ab", "cd", "ef"], &["abc", "def"]] {
                assert_eq!(read(first, second).unwrap(), "abcdef", "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn a_second_response_that_differs_is_an_error() {
        for second in [&["xbcdef"][..], &["abcX", "def"], &["abc"], &["ab", "c"], &[]] {
            let error = read(&["ab", "cd"], second).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Connection, "{second:?}");
        }
        assert_eq!(read(&[], &[]).unwrap(), "");
    }
}
