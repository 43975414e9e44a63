//! Retries: whether to retry a failed request, and after how long.

mod after;
mod budget;
mod failure;
mod observer;
mod payment;
mod policy;
mod repeat;
mod run;
mod said;

pub(crate) use budget::Bucket;
pub use budget::RetryBudget;
pub(crate) use failure::Failure;
pub use observer::{Attempt, AttemptEnd};
pub(crate) use observer::{Observer, tell_lost};
pub(crate) use payment::{Ask, Payment};
pub use payment::{PaymentAnswer, PaymentPolicy, PaymentRequired};
pub use policy::RetryPolicy;
pub(crate) use repeat::Repeat;
pub(crate) use run::{Exchange, Limits, Outcome, run};
pub(crate) use said::{Said, envelope};
