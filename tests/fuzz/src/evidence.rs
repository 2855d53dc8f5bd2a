//! Records of evidence: verified, recovered after a power cut, and put into words.

use ::evidence::{Event, Extent, Language, PublicKey, Summary, Verifier, glance, recover, unverified, verify};

/// The key that signed the corpus. Its private half is nowhere, so that nothing else verifies.
const KEY: &str = include_str!("../corpus/evidence/key");
/// All that it signed.
const CHAIN: &[u8] = include_bytes!("../corpus/evidence/chain");

/// A chain or a key. What verifies is whole, and is a part of the corpus.
pub fn evidence(data: &[u8]) {
    if let Ok(key) = PublicKey::from_pem(&String::from_utf8_lossy(data)) {
        assert_eq!(PublicKey::from_pem(&key.to_pem()), Ok(key));
    }
    let key = PublicKey::from_pem(KEY).expect("the corpus has a key");
    let recovered = recover(data, &[key]);
    assert_eq!(recover(&data[..recovered.whole_bytes], &[key]), recovered, "what is whole is whole");
    glance(data);
    if let Ok((_, report)) = verify(data, &[key], Extent::Excerpt) {
        assert_eq!(recovered.whole_bytes, data.len());
        assert_eq!(recovered.head.map(|head| head.number), Some(report.last));
        assert!(CHAIN.windows(data.len()).any(|part| part == data), "somebody else signed");
        assert!(report.remarks.iter().all(|remark| !remark.sentence(Language::German).is_empty()));
    }
    for (line, record) in unverified(data) {
        let Ok(record) = record else {
            assert!(Verifier::new(&[key]).line(line).is_err(), "what cannot be read is not believed");
            continue;
        };
        if let Event::Opened(meeting) | Event::Interim(meeting) | Event::Closed(meeting) = record.event {
            let summary = Summary::of(&meeting);
            for language in Language::ALL {
                assert!(summary.sentences(&meeting, language).iter().all(|sentence| !sentence.is_empty()));
            }
        }
    }
}
