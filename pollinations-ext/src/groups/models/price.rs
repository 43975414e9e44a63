//! Prices of a model.

use std::collections::BTreeMap;

use pollinations_api::types::Price;

/// The key for the currency. All other keys are prices.
const CURRENCY: &str = "currency";

/// Prices per unit, as numbers. The service sends some of them as text.
///
/// A price is for one unit, in pollen unless [`currency`](Self::currency) says otherwise. The key names the unit: the
/// side (`prompt` or `completion`), the type (`Text`, `Cached`, `Image`, `Audio`, `Video`), and the measure
/// (`Tokens`, `Seconds`). For example, `promptTextTokens` is the price of one token of a request, and
/// `completionVideoSeconds` the price of one second of video.
///
/// # Examples
///
/// The default prices of a model, and the prices of its variants:
///
/// ```
/// use pollinations_ext::{ModelInfoExt, Prices};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let model = pollinations.models().find("openai-large").await?.ok_or("there is no such model")?;
/// println!("{:?} pollen for a token of the request", model.prices().get("promptTextTokens"));
/// for variant in &model.pricing_variants {
///     let prices = Prices::from(&variant.pricing);
///     println!("{}: {:?}", variant.description, prices.get("promptTextTokens"));
///     # assert_eq!(prices.get("promptTextTokens"), Some(0.00002));
/// }
/// # assert_eq!(model.pricing_variants.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices {
    currency: Option<String>,
    units: BTreeMap<String, f64>,
}

impl Prices {
    /// The price of one unit, such as `promptTextTokens`. `None` if there is no such unit, or if its price is not a
    /// number.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(prices: pollinations_ext::Prices) {
    /// let image = prices.get("completionImageTokens");
    /// # }
    /// ```
    pub fn get(&self, unit: &str) -> Option<f64> {
        self.units.get(unit).copied()
    }

    /// All units and their prices, in alphabetical order.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(prices: pollinations_ext::Prices) {
    /// for (unit, price) in prices.iter() {
    ///     println!("{unit}: {price} pollen");
    /// }
    /// # }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.units.iter().map(|(unit, price)| (unit.as_str(), *price))
    }

    /// The currency of the prices, such as `pollen`. `None` if the listing does not say.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(prices: pollinations_ext::Prices) {
    /// println!("in {}", prices.currency().unwrap_or("pollen"));
    /// # }
    /// ```
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Whether the listing has no prices at all. The model may still cost pollen: a free model has prices of 0.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(pollinations_ext::Prices::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Estimates the price of a text request with this many tokens in the prompt and in the reply. It uses
    /// `promptTextTokens` and `completionTextTokens`. If one of them has no price, it counts as 0. `None` if neither
    /// has a price.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::ModelInfoExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let mut models = pollinations.models().text().await?;
    /// let cost = |model: &pollinations_ext::types::ModelInfo| model.prices().text_cost(2000, 500);
    /// models.retain(|model| cost(model).is_some());
    /// models.sort_by(|one, other| cost(one).partial_cmp(&cost(other)).unwrap_or(std::cmp::Ordering::Equal));
    /// println!("the cheapest is {:?}", models.first().map(|model| &model.name));
    /// # assert!(!models.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::cast_precision_loss, reason = "an estimate of up to 2^53 tokens")]
    pub fn text_cost(&self, prompt_tokens: u64, completion_tokens: u64) -> Option<f64> {
        let (prompt, completion) = (self.get("promptTextTokens"), self.get("completionTextTokens"));
        if prompt.is_none() && completion.is_none() {
            return None;
        }
        let cost = |price: Option<f64>, tokens: u64| price.unwrap_or_default() * tokens as f64;
        Some(cost(prompt, prompt_tokens) + cost(completion, completion_tokens))
    }

    /// The former name of [`text_cost`](Self::text_cost).
    #[deprecated(since = "0.1.0", note = "use `text_cost`")]
    pub fn of_text(&self, prompt_tokens: u64, completion_tokens: u64) -> Option<f64> {
        self.text_cost(prompt_tokens, completion_tokens)
    }

    /// The number in a single price, such as the price of a [`PricingAdjustment`](crate::types::PricingAdjustment),
    /// which is for `quantity` units. `None` if the price is not a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::{Prices, types::Price};
    ///
    /// assert_eq!(Prices::number(&Price::Text("0.02".to_owned())), Some(0.02));
    /// assert_eq!(Prices::number(&Price::Number(0.02)), Some(0.02));
    /// assert_eq!(Prices::number(&Price::Text("on request".to_owned())), None);
    /// ```
    pub fn number(price: &Price) -> Option<f64> {
        match price {
            Price::Number(price) => Some(*price),
            Price::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|price: &f64| price.is_finite())
    }
}

/// The prices of a model, of a variant, or of an announced change. Prices that are not numbers are left out.
impl From<&BTreeMap<String, Price>> for Prices {
    fn from(prices: &BTreeMap<String, Price>) -> Self {
        let currency = match prices.get(CURRENCY) {
            Some(Price::Text(currency)) => Some(currency.clone()),
            _ => None,
        };
        let units = prices.iter().filter(|(unit, _)| *unit != CURRENCY);
        let units = units.filter_map(|(unit, price)| Some((unit.clone(), Self::number(price)?))).collect();
        Self { currency, units }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(json: serde_json::Value) -> Prices {
        let prices: BTreeMap<String, Price> = serde_json::from_value(json).unwrap();
        Prices::from(&prices)
    }

    #[test]
    fn prices_are_read_as_numbers_or_text_and_others_ignored() {
        let prices = prices(serde_json::json!({
            "currency": "pollen", "promptTextTokens": "0.000002", "completionTextTokens": 0.000_01, "image": " 1e-2 ",
            "free": 0, "request": "on request", "odd": { "amount": 5 }, "infinite": "inf",
        }));
        let found: Vec<(&str, f64)> = prices.iter().collect();
        let expected =
            [("completionTextTokens", 0.000_01), ("free", 0.0), ("image", 0.01), ("promptTextTokens", 0.000_002)];
        assert_eq!(found, expected);
        assert_eq!(prices.currency(), Some("pollen"));
    }

    #[test]
    fn an_estimate_needs_a_price() {
        let both = prices(serde_json::json!({ "promptTextTokens": "0.5", "completionTextTokens": 2 }));
        assert_eq!(both.text_cost(10, 3), Some(11.0));
        let one = prices(serde_json::json!({ "completionTextTokens": 2 }));
        assert_eq!(one.text_cost(10, 3), Some(6.0));
        let none = prices(serde_json::json!({ "completionImageTokens": 2 }));
        assert_eq!((none.text_cost(10, 3), none.is_empty()), (None, false));
    }
}
