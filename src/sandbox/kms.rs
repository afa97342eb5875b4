//! AWS KMS: keys and their policies.

use serde::Deserialize;
use serde_json::json;

use super::{
    resources::KmsKey,
    sessions::Principal,
    wire::{Answer, ApiError, Call},
    world::World,
};
use crate::domain::{Region, Service};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    key_id: String,
    policy_name: Option<String>,
}

/// Answers the operation.
pub fn handle(
    world: &World,
    caller: &Principal,
    region: &Region,
    call: &Call,
    operation: &'static str,
) -> Answer {
    let request: Request = call.json()?;
    let by_alias = request.key_id.contains("alias/");
    if request.key_id.is_empty() || (by_alias && operation != "DescribeKey") {
        return Err(not_found(&format!("Invalid keyId '{}'", request.key_id)));
    }
    let key = world.resources.kms_key(&request.key_id);
    let arn = key.arn(caller.account, region);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, _, place, account, name] = parts.as_slice() else {
        return Err(not_found(&format!("Invalid keyId '{}'", request.key_id)));
    };
    if *place != region.as_str() || !key.exists() {
        let what = if by_alias { "Alias" } else { "Key" };
        return Err(not_found(&format!("{what} '{arn}' does not exist")));
    }
    if *account != caller.account.to_string() {
        let message = format!(
            "User: {} is not authorized to perform: kms:{operation} on resource: {arn}",
            caller.arn
        );
        return Err(ApiError::denied(Service::Kms, message));
    }
    let id = name.strip_prefix("key/").unwrap_or(name);
    match operation {
        "DescribeKey" => Ok(describe(&key, &arn, account, id)),
        "GetKeyPolicy" => {
            let policy = request.policy_name.as_deref().unwrap_or("default");
            if policy != "default" {
                return Err(not_found(&format!("No such policy exists: {policy}")));
            }
            let text = key.policy(caller.account);
            Ok(json!({"Policy": text, "PolicyName": policy}).to_string())
        }
        other => Err(ApiError::unknown_operation(Service::Kms, other)),
    }
}

fn describe(key: &KmsKey<'_>, arn: &str, account: &str, id: &str) -> String {
    let state = if key.disabled() {
        "Disabled"
    } else {
        "Enabled"
    };
    json!({"KeyMetadata": {
        "AWSAccountId": account,
        "KeyId": id,
        "Arn": arn,
        "CreationDate": 1_600_000_000.5,
        "Enabled": !key.disabled(),
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state,
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    }})
    .to_string()
}

fn not_found(message: &str) -> ApiError {
    ApiError::new("NotFoundException", message)
}
