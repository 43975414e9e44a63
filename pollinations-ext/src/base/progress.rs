//! Progress of downloads and uploads.

use std::{fmt, sync::Arc};

/// The progress of a download or an upload.
///
/// # Examples
///
/// ```
/// # fn example(progress: pollinations_ext::Progress) {
/// match progress.total {
///     Some(total) => println!("{} of {total} bytes", progress.transferred),
///     None => println!("{} bytes", progress.transferred),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes received or sent so far.
    pub transferred: u64,
    /// All bytes, if the total is known.
    pub total: Option<u64>,
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) => write!(formatter, "{} of {total} bytes", self.transferred),
            None => write!(formatter, "{} bytes", self.transferred),
        }
    }
}

/// The callback for progress.
#[derive(Clone)]
pub(crate) struct Report(Arc<dyn Fn(Progress) + Send + Sync>);

impl Report {
    pub(crate) fn new(report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    pub(crate) fn tell(&self, transferred: u64, total: Option<u64>) {
        (self.0)(Progress { transferred, total });
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod upload {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use bytes::Bytes;
    use http_body::{Body, Frame, SizeHint};
    use reqwest::Request;

    use super::Report;

    /// Bytes that are given to the connection at a time.
    const PIECE: usize = 16 * 1024;

    /// A body that tells how much of it has been taken.
    struct Told {
        left: Bytes,
        total: u64,
        report: Report,
    }

    impl Body for Told {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let this = self.get_mut();
            if this.left.is_empty() {
                return Poll::Ready(None);
            }
            let piece = this.left.split_to(this.left.len().min(PIECE));
            this.report.tell(this.total - this.left.len() as u64, Some(this.total));
            Poll::Ready(Some(Ok(Frame::data(piece))))
        }

        fn is_end_stream(&self) -> bool {
            self.left.is_empty()
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.left.len() as u64)
        }
    }

    impl Report {
        /// Has the body of a request told of, piece by piece. It cannot be cloned any more then.
        pub(crate) fn follow(&self, request: &mut Request) {
            let Some(bytes) = request.body().and_then(reqwest::Body::as_bytes) else { return };
            let left = Bytes::copy_from_slice(bytes);
            let total = left.len() as u64;
            *request.body_mut() = Some(reqwest::Body::wrap(Told { left, total, report: self.clone() }));
        }
    }
}
