//! The permissions and limits that a program asks the user for.

use std::fmt;

use crate::base::error::Error;

/// What a key may read or change in a user's account. OAuth calls these scopes.
///
/// # Examples
///
/// ```
/// use pollinations_ext::byop::Permission;
///
/// assert_eq!(Permission::Usage.to_string(), "usage");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// Name and e-mail address: [`Account::profile`](crate::Account::profile).
    Profile,
    /// The balance: [`Account::balance`](crate::Account::balance). For older servers; newer ones include it in
    /// [`Usage`](Self::Usage).
    Balance,
    /// Usage and balance: [`Account::usage`](crate::Account::usage).
    Usage,
    /// The API keys of the account: list, create, change and revoke them.
    Keys,
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Balance => "balance",
            Self::Usage => "usage",
            Self::Keys => "keys",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.name().to_owned()
    }
}

/// The permissions and limits to ask for, in every flow.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) permissions: Vec<Permission>,
    pub(super) models: Vec<String>,
    pub(super) budget: Option<f64>,
    pub(super) expiry: Option<u32>,
}

impl Asked {
    /// Checks the values that the service would reject.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.budget.is_some_and(|budget| !(budget.is_finite() && budget > 0.0)) {
            return Err(Error::request("the budget must be a number above 0"));
        }
        if self.expiry == Some(0) {
            return Err(Error::request("the key must be valid for at least one day"));
        }
        Ok(())
    }

    /// The permissions, joined with this separator, or `None` if there are none.
    pub(super) fn scope(&self, separator: &str) -> Option<String> {
        let names: Vec<&str> = self.permissions.iter().map(|permission| permission.name()).collect();
        (!names.is_empty()).then(|| names.join(separator))
    }

    /// The parameters of a link that all flows have in common.
    pub(super) fn limits(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("models", (!self.models.is_empty()).then(|| self.models.join(","))),
            ("expiry", self.expiry.map(|days| days.to_string())),
            ("budget", self.budget.map(|budget| budget.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}
