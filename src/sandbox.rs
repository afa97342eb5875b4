//! A simulated AWS on a socket: stateful, deterministic, with exact quotas and a ledger of every attempt.
//! Shares nothing with the service but the words of `domain`: it must not agree with it by accident.
