//! The device codes that wait for their users (RFC 8628).

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::base::lock;

/// Seconds that a device has to wait between two questions.
pub(crate) const INTERVAL: u64 = 1;

/// A device may ask this much earlier, since its clock and the network are not exact.
const TOLERANCE: Duration = Duration::from_millis(500);

/// What has become of a device code.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    user_code: String,
    pub(crate) scope: String,
    pub(crate) decision: Decision,
    /// Whether the device did not wait long enough since it last asked (RFC 8628, section 3.5).
    pub(crate) is_hasty: bool,
    asked: Option<Instant>,
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
pub(crate) struct Devices {
    list: Mutex<HashMap<String, Device>>,
    issued: AtomicUsize,
}

impl Devices {
    /// A device code and what the user enters.
    pub(crate) fn issue(&self, scope: &str) -> (String, String) {
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let (device_code, user_code) = (format!("device_{number:08}"), format!("EMUL-{number:04}"));
        let device = Device {
            user_code: user_code.clone(),
            scope: scope.to_owned(),
            decision: Decision::Pending,
            is_hasty: false,
            asked: None,
        };
        lock(&self.list).insert(device_code.clone(), device);
        (device_code, user_code)
    }

    /// The device of a code, which asks what has become of it.
    pub(crate) fn ask(&self, code: &str) -> Option<Device> {
        let mut devices = lock(&self.list);
        let device = devices.get_mut(code)?;
        let pause = Duration::from_secs(INTERVAL).saturating_sub(TOLERANCE);
        device.is_hasty = device.asked.replace(Instant::now()).is_some_and(|asked| asked.elapsed() < pause);
        Some(device.clone())
    }

    /// A device code is good for one key.
    pub(crate) fn forget(&self, code: &str) {
        lock(&self.list).remove(code);
    }

    /// Notes what the user has decided; false if there is no such code.
    pub(crate) fn decide(&self, user_code: &str, decision: Decision) -> bool {
        let mut devices = lock(&self.list);
        let device = devices.values_mut().find(|device| device.user_code.eq_ignore_ascii_case(user_code.trim()));
        device.map(|device| device.decision = decision).is_some()
    }
}
