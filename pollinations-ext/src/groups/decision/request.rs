//! Decision requests.

use std::{collections::BTreeMap, sync::Arc};

use pollinations_api::{
    Client,
    types::{
        ChoiceQuestion, DecisionQuestion, DecisionRequest, DecisionText, PropositionCriteria, PropositionQuestion,
        ScoreQuestion,
    },
};
use serde_json::Value;

use super::reply::DecisionReply;
use crate::{
    base::error::Error,
    exchange::{
        options::{Options, call_options},
        raw::RawResponse,
        transport::Shared,
    },
};

const OPERATION: &str = "create_decision";

/// A request that asks a model questions about facts. You give each question a key, and
/// [`DecisionReply`](crate::DecisionReply) has the answer under that key.
///
/// Operation `create_decision`, which is experimental: the service may change it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let decision = pollinations
///     .decide("The customer writes: where is my parcel? It should have come on Monday!")
///     .choice("topic", "What is it about?", [("delivery", "a parcel is late"), ("other", "anything else")])
///     .score("anger", "How angry is the customer?", ["calm", "annoyed", "furious"])
///     .proposition("refund", "The customer asks for a refund")
///     .send()
///     .await?;
/// println!("{:?}, {:?}", decision.choice("topic"), decision.score("anger"));
/// # assert!(decision.choice("topic").is_some() && decision.probability("refund").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct DecideRequest {
    shared: Arc<Shared>,
    options: Options,
    body: Box<DecisionRequest>,
}

impl DecideRequest {
    pub(crate) fn new(shared: Arc<Shared>, facts: Value) -> Self {
        let body = DecisionRequest::new(BTreeMap::new(), text(facts));
        Self { shared, options: Options::default(), body: Box::new(body) }
    }

    /// The decision model, by ID. The default is `jev`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.decide("It is raining.").model("jev");
    /// # }
    /// ```
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body.model = Some(model.into());
        self
    }

    /// Asks which of several options applies. Each option has a key and a description.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations
    ///     .decide("It is raining.")
    ///     .choice("take", "What to take along?", [("umbrella", "it is wet"), ("hat", "it is sunny")]);
    /// # }
    /// ```
    pub fn choice<K: Into<String>, M: Into<Value>>(
        self,
        key: impl Into<String>,
        question: impl Into<Value>,
        options: impl IntoIterator<Item = (K, M)>,
    ) -> Self {
        let options = options.into_iter().map(|(key, meaning)| {
            let meaning = Some(meaning.into()).filter(|meaning| !meaning.is_null());
            (key.into(), meaning.map(text))
        });
        self.question(key, ChoiceQuestion::new(options.collect::<BTreeMap<_, _>>(), text(question.into())))
    }

    /// Asks for a position on a scale. `steps` describe the scale, lowest first; at least 2.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.decide("It is raining.").score("rain", "How hard?", ["a drizzle", "rain", "a storm"]);
    /// # }
    /// ```
    pub fn score<S: Into<Value>>(
        self,
        key: impl Into<String>,
        question: impl Into<Value>,
        steps: impl IntoIterator<Item = S>,
    ) -> Self {
        let steps: Vec<DecisionText> = steps.into_iter().map(|step| text(step.into())).collect();
        self.question(key, ScoreQuestion::new(steps, text(question.into())))
    }

    /// Asks for the probability that a statement is true.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.decide("It is raining.").proposition("wet", "The street is wet");
    /// # }
    /// ```
    pub fn proposition(self, key: impl Into<String>, statement: impl Into<Value>) -> Self {
        self.question(key, PropositionQuestion::new(text(statement.into())))
    }

    /// Same as [`proposition`](Self::proposition), with descriptions of what true and false mean.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.decide("It is raining.").proposition_with(
    ///     "wet",
    ///     "The street is wet",
    ///     "water can be seen on it",
    ///     "it is dry, or there is a roof over it",
    /// );
    /// # }
    /// ```
    pub fn proposition_with(
        self,
        key: impl Into<String>,
        statement: impl Into<Value>,
        means_true: impl Into<Value>,
        means_false: impl Into<Value>,
    ) -> Self {
        let mut criteria = PropositionCriteria::default();
        criteria.true_ = Some(text(means_true.into()));
        criteria.false_ = Some(text(means_false.into()));
        let mut question = PropositionQuestion::new(text(statement.into()));
        question.criteria = Some(criteria);
        self.question(key, question)
    }

    /// Adds a question of any generated type.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::{DecisionText, PropositionQuestion};
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let question = PropositionQuestion::new(DecisionText::Text("The street is wet".to_owned()));
    /// let request = pollinations.decide("It is raining.").question("wet", question);
    /// # }
    /// ```
    pub fn question(mut self, key: impl Into<String>, question: impl Into<DecisionQuestion>) -> Self {
        self.body.questions.insert(key.into(), question.into());
        self
    }

    call_options!(
        until "the answers have arrived",
        example "pollinations.decide(\"It is raining.\").proposition(\"wet\", \"The street is wet\")",
        field
    );

    /// Sends the request and returns the answers.
    ///
    /// # Errors
    ///
    /// Status 400 if the service rejects a value, such as a scale with one step, 401 if the API key is invalid, 402
    /// if you are out of credit, 403 if the key may not use the model, 429 if you reach the rate limit, 502 if the
    /// provider fails.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let decision = pollinations.decide("It is raining.").proposition("wet", "The street is wet").send().await?;
    /// println!("{:?}", decision.probability("wet"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<DecisionReply, Error> {
        let body = self.body;
        let send = move |client: &Client| client.create_decision().body(*body).prepare();
        let (decision, response) = self.shared.call(OPERATION, &self.options, send).await?;
        Ok(DecisionReply::new(decision, response.headers().clone()))
    }

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let request = pollinations.decide("It is raining.").proposition("wet", "The street is wet");
    /// println!("{}", request.send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let body = self.body;
        let send = move |client: &Client| client.create_decision().body(*body).prepare();
        self.shared.raw(OPERATION, &self.options, send).await
    }
}

/// Converts a value to text, or to the equivalent JSON type.
fn text(value: Value) -> DecisionText {
    match value {
        Value::String(text) => DecisionText::Text(text),
        Value::Object(object) => DecisionText::Object(object),
        Value::Array(list) => DecisionText::List(list),
        other => DecisionText::Other(other),
    }
}
