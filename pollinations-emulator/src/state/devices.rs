//! Device codes (RFC 8628).

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::base::lock;

/// The polling interval of devices, in seconds.
pub(crate) const INTERVAL: u64 = 1;

/// How much earlier a device may poll, because clocks and networks are not exact.
const TOLERANCE: Duration = Duration::from_millis(500);

/// The state of a device code.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    user_code: String,
    pub(crate) scope: String,
    pub(crate) decision: Decision,
    /// Whether the device polls faster than the interval allows (RFC 8628, section 3.5).
    pub(crate) is_hasty: bool,
    asked: Option<Instant>,
}

/// The decision of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    Granted,
    Denied,
}

/// All device codes that are in use.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    list: Mutex<HashMap<String, Device>>,
    issued: AtomicUsize,
}

impl Devices {
    /// Issues a device code and a user code.
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

    /// Polls a device code.
    pub(crate) fn ask(&self, code: &str) -> Option<Device> {
        let mut devices = lock(&self.list);
        let device = devices.get_mut(code)?;
        let pause = Duration::from_secs(INTERVAL).saturating_sub(TOLERANCE);
        device.is_hasty = device.asked.replace(Instant::now()).is_some_and(|asked| asked.elapsed() < pause);
        Some(device.clone())
    }

    /// Removes a device code: each is good for one key.
    pub(crate) fn forget(&self, code: &str) {
        lock(&self.list).remove(code);
    }

    /// Stores the decision of the user. Returns false if there is no such user code.
    pub(crate) fn decide(&self, user_code: &str, decision: Decision) -> bool {
        let mut devices = lock(&self.list);
        let device = devices.values_mut().find(|device| device.user_code.eq_ignore_ascii_case(user_code.trim()));
        device.map(|device| device.decision = decision).is_some()
    }
}
