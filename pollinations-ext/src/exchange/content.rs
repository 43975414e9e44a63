//! A body that is streamed from its source, in constant memory. Each attempt reads it again.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    fs::File,
    io::{AsyncRead as _, ReadBuf},
};

use crate::base::{error::Error, file::Data, progress::Report};

/// The number of bytes to give the connection at a time.
const PIECE: usize = 64 * 1024;

/// Bodies in memory up to this size are copied into one buffer, so that the HTTP client can send them again after a
/// redirect.
const SMALL: u64 = 8 * 1024 * 1024;

/// The parts of a body, in memory or on disk, in order.
#[derive(Clone, Debug)]
pub(crate) struct Content(Vec<Data>);

/// Why a body failed. The HTTP client would report a connection error instead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problem(Arc<Mutex<Option<Error>>>);

impl Problem {
    /// Takes the error, if there is one.
    pub(crate) fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is(&self, error: Error) -> io::Error {
        let reason = io::Error::other(error.to_string());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        reason
    }
}

impl Content {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Data>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// The body for one attempt. Its length is known, and it reports progress.
    pub(crate) async fn open(&self, report: Option<Report>) -> Result<(reqwest::Body, Problem), Error> {
        let problem = Problem::default();
        if report.is_none()
            && let Some(bytes) = self.small()
        {
            return Ok((bytes.into(), problem));
        }
        let mut pieces = VecDeque::new();
        for data in &self.0 {
            pieces.push_back(match data {
                Data::Bytes(bytes) => Piece::Bytes(bytes.clone()),
                Data::Path { path, size } => Piece::File(open(path, *size).await?),
            });
        }
        let left = self.0.iter().map(Data::size).sum();
        let body = Sent { pieces, left, total: left, report, problem: problem.clone() };
        Ok((reqwest::Body::wrap(body), problem))
    }

    /// The whole body, if it is in memory and small.
    fn small(&self) -> Option<Bytes> {
        if self.0.iter().map(Data::size).sum::<u64>() > SMALL {
            return None;
        }
        let in_memory = |data: &Data| match data {
            Data::Bytes(bytes) => Some(bytes.clone()),
            Data::Path { .. } => None,
        };
        let pieces: Vec<Bytes> = self.0.iter().map(in_memory).collect::<Option<_>>()?;
        Some(pieces.concat().into())
    }
}

/// Opens a file that still has the size it had when the request was written.
async fn open(path: &Path, size: u64) -> Result<OnDisk, Error> {
    let failed = |error| Error::io(cannot_read(path), error);
    let file = File::open(path).await.map_err(failed)?;
    let found = file.metadata().await.map_err(failed)?.len();
    if found != size {
        return Err(changed(path, size));
    }
    Ok(OnDisk { path: path.to_owned(), file, size, left: size, buffer: Vec::new() })
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

fn changed(path: &Path, size: u64) -> Error {
    let reason = format!("its size is no longer {size} bytes; it changed after the request began");
    Error::io(cannot_read(path), io::Error::new(io::ErrorKind::UnexpectedEof, reason))
}

enum Piece {
    Bytes(Bytes),
    File(OnDisk),
}

struct OnDisk {
    path: PathBuf,
    file: File,
    size: u64,
    left: u64,
    buffer: Vec<u8>,
}

impl OnDisk {
    /// The next bytes, or `None` at the end.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        let length = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        self.buffer.resize(length, 0);
        let mut buffer = ReadBuf::new(&mut self.buffer);
        if let Err(error) = ready!(Pin::new(&mut self.file).poll_read(context, &mut buffer)) {
            return Poll::Ready(Err(Error::io(cannot_read(&self.path), error)));
        }
        let read = buffer.filled();
        if read.is_empty() && length > 0 {
            return Poll::Ready(Err(changed(&self.path, self.size)));
        }
        self.left -= read.len() as u64;
        Poll::Ready(Ok(Bytes::copy_from_slice(read)))
    }
}

/// A body that is being sent.
struct Sent {
    pieces: VecDeque<Piece>,
    left: u64,
    total: u64,
    report: Option<Report>,
    problem: Problem,
}

impl Sent {
    /// The next bytes, or `None` at the end.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        while let Some(piece) = self.pieces.front_mut() {
            let next = match piece {
                Piece::Bytes(bytes) => bytes.split_to(bytes.len().min(PIECE)),
                Piece::File(file) => ready!(file.poll_read(context))?,
            };
            if !next.is_empty() {
                return Poll::Ready(Ok(next));
            }
            self.pieces.pop_front();
        }
        Poll::Ready(Ok(Bytes::new()))
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let next = match ready!(this.poll_next(context)) {
            Ok(next) if next.is_empty() => return Poll::Ready(None),
            Ok(next) => next,
            Err(error) => return Poll::Ready(Some(Err(this.problem.is(error)))),
        };
        this.left -= next.len() as u64;
        if let Some(report) = &this.report {
            report.tell(this.total - this.left, Some(this.total));
        }
        Poll::Ready(Some(Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::base::error::ErrorKind;

    /// Reads a body until it ends or fails.
    async fn read(mut body: reqwest::Body) -> Result<Vec<u8>, reqwest::Error> {
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            bytes.extend_from_slice(&frame?.into_data().unwrap());
        }
        Ok(bytes)
    }

    fn content(path: &Path, size: u64) -> Content {
        let text = |text: &'static str| Data::Bytes(Bytes::from_static(text.as_bytes()));
        Content::new([text("<"), text(""), Data::Path { path: path.to_owned(), size }, text(">")])
    }

    #[tokio::test]
    async fn every_attempt_sends_the_whole_body_and_reports_progress() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file: Vec<u8> = (0..200_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
        std::fs::write(&path, &file).unwrap();
        let content = content(&path, 200_000);
        for _ in 0..2 {
            let told = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&told);
            let report = Report::new(move |progress| log.lock().unwrap().push(progress.transferred));
            let (body, problem) = content.open(Some(report)).await.unwrap();
            assert_eq!(body.size_hint().exact(), Some(200_002));
            assert_eq!(read(body).await.unwrap(), [b"<".as_slice(), &file, b">"].concat());
            assert!(problem.take().is_none());
            let told = told.lock().unwrap();
            assert!(told.is_sorted() && told.last() == Some(&200_002), "{told:?}");
        }
    }

    #[tokio::test]
    async fn a_file_that_changes_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![0; 300_000]).unwrap();
        let error = content(&path, 300_001).open(None).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);

        let (body, problem) = content(&path, 300_000).open(None).await.unwrap();
        std::fs::write(&path, vec![0; 100_000]).unwrap();
        read(body).await.unwrap_err();
        let error = problem.take().unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("no longer 300000 bytes"), "{error}");

        // Data that was appended in the meantime is not sent.
        std::fs::write(&path, "12345").unwrap();
        let (body, _) = content(&path, 5).open(None).await.unwrap();
        std::fs::write(&path, "1234567890").unwrap();
        assert_eq!(read(body).await.unwrap(), b"<12345>");
    }
}
