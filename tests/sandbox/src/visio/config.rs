//! What the platform tells clients about itself, its optional features off.

use serde_json::{Value, json};

use super::token::SOURCES;

/// The answer of `config/`; LiveKit is at `origin`. Of `encryption` only platforms speak that offer it.
pub(super) fn json(origin: &str, encryption: bool) -> Value {
    let mut config = json!({
        "LANGUAGE_CODE": "en-us",
        "recording": {
            "is_enabled": false,
            "available_modes": ["screen_recording", "transcript"],
            "expiration_days": 30,
            "max_duration": 14_400_000,
        },
        "background_image": {
            "upload_is_enabled": true,
            "max_count_by_user": 10,
            "max_size": 2_097_152,
            "allowed_extensions": [".jpeg", ".jpg", ".png"],
            "allowed_mimetypes": ["image/jpeg", "image/png"],
        },
        "telephony": { "enabled": false },
        "resource": { "default_access_level": "public" },
        "subtitle": { "enabled": false },
        "diagnostics": { "connection_test_enabled": false },
        "livekit": {
            "url": origin,
            "force_wss_protocol": false,
            "enable_firefox_proxy_workaround": false,
            "default_sources": SOURCES,
        },
        "authenticated_users_can_edit_display_name": true,
        "custom_css_url": null,
        "analytics": {},
        "support": {},
        "silence_livekit_debug_logs": false,
        // There is nowhere to log in.
        "is_silent_login_enabled": false,
        "idle_disconnect_warning_delay": null,
        "feedback": {},
        "documentation_url": null,
        "external_home_url": null,
        "use_french_gov_footer": false,
        "use_proconnect_button": false,
        "manifest_link": null,
        "transcription_destination": null,
        "max_participants_for_sound": 5,
        "auto_mute_on_join_threshold": 50,
    });
    if encryption {
        config["encryption"] = json!({ "enabled": true });
    }
    config
}
