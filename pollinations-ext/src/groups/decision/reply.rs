//! The reply of a decision model.

use std::ops::Deref;

use http::HeaderMap;
use pollinations_api::types::{ChoiceAnswer, Decision, DecisionAnswer, ScoreAnswer};

use crate::base::header::{REQUEST_ID, header};

/// The answers to the questions of a [`DecideRequest`](crate::DecideRequest).
///
/// Dereferences to the generated [`Decision`](crate::types::Decision).
///
/// # Examples
///
/// ```
/// # fn example(decision: pollinations_ext::DecisionReply) {
/// println!("{} by {}: {} answers", decision.model, decision.provider, decision.answers.len());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DecisionReply {
    decision: Decision,
    headers: HeaderMap,
}

impl DecisionReply {
    pub(super) fn new(decision: Decision, headers: HeaderMap) -> Self {
        Self { decision, headers }
    }

    /// The answer to a question, by the key you gave the question.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// println!("{:?}", decision.answer("topic"));
    /// # }
    /// ```
    pub fn answer(&self, key: &str) -> Option<&DecisionAnswer> {
        self.decision.answers.get(key)
    }

    /// The chosen option, with the probability of each option. `None` if there is no such question, or if it is not a
    /// choice.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// if let Some(answer) = decision.choice("topic") {
    ///     println!("{} ({:.0} %)", answer.choice, answer.confidence * 100.0);
    /// }
    /// # }
    /// ```
    pub fn choice(&self, key: &str) -> Option<&ChoiceAnswer> {
        match self.answer(key) {
            Some(DecisionAnswer::Choice(answer)) => Some(answer),
            _ => None,
        }
    }

    /// The position on the scale, which may lie between two steps. `None` if there is no such question, or if it is
    /// not a scale.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// if let Some(answer) = decision.score("anger") {
    ///     println!("{} of {:?}", answer.score, answer.legend);
    /// }
    /// # }
    /// ```
    pub fn score(&self, key: &str) -> Option<&ScoreAnswer> {
        match self.answer(key) {
            Some(DecisionAnswer::Score(answer)) => Some(answer),
            _ => None,
        }
    }

    /// The probability that the statement is true, from 0 to 1. `None` if there is no such question, or if it is not
    /// a proposition.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// if decision.probability("refund").is_some_and(|probability| probability > 0.9) {
    ///     println!("the customer wants their money back");
    /// }
    /// # }
    /// ```
    pub fn probability(&self, key: &str) -> Option<f64> {
        match self.answer(key) {
            Some(DecisionAnswer::Noul(answer)) => Some(answer.noul),
            _ => None,
        }
    }

    /// The request ID, for support requests to the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// println!("{:?}", decision.request_id());
    /// # }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        header(&self.headers, REQUEST_ID)
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// println!("{:?}", decision.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(decision: pollinations_ext::DecisionReply) {
    /// let decision = decision.into_inner();
    /// # }
    /// ```
    pub fn into_inner(self) -> Decision {
        self.decision
    }
}

impl Deref for DecisionReply {
    type Target = Decision;

    fn deref(&self) -> &Self::Target {
        &self.decision
    }
}
