//! The device codes that wait for their users (RFC 8628).

use std::{collections::HashMap, sync::Mutex};

use crate::base::lock;

/// What has become of a device code.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    user_code: String,
    pub(crate) decision: Decision,
}

/// Whether a user grants a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    Granted,
    Denied,
}

/// All devices by their device codes.
#[derive(Debug, Default)]
pub(crate) struct Devices(Mutex<HashMap<String, Device>>);

impl Devices {
    /// A device code and what the user enters.
    pub(crate) fn issue(&self) -> (String, String) {
        let mut devices = lock(&self.0);
        let number = devices.len() + 1;
        let (device_code, user_code) = (format!("device_{number:08}"), format!("EMUL-{number:04}"));
        let device = Device { user_code: user_code.clone(), decision: Decision::Pending };
        devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    pub(crate) fn get(&self, code: &str) -> Option<Device> {
        lock(&self.0).get(code).cloned()
    }

    /// A device code is good for one key.
    pub(crate) fn forget(&self, code: &str) {
        lock(&self.0).remove(code);
    }

    /// Notes what the user has decided; false if there is no such code.
    pub(crate) fn decide(&self, user_code: &str, decision: Decision) -> bool {
        let mut devices = lock(&self.0);
        let device = devices.values_mut().find(|device| device.user_code.eq_ignore_ascii_case(user_code.trim()));
        device.map(|device| device.decision = decision).is_some()
    }
}
