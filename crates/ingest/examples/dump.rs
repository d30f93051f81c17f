//! Temporary.
fn main() {
    for file in std::env::args().skip(1) {
        let bytes = std::fs::read(&file).expect("file");
        println!("=== {file}");
        let reading = ingest::read(&bytes, "x", Some(claim::DocumentKind::Receipt), &ingest::Limits::default());
        if let Some(receipt) = reading.receipt {
            println!("total {:?}", receipt.total_yen.map(|f| (f.value, f.confidence.per_mille(), f.text, f.reasons)));
            println!("day {:?}", receipt.issued_on.map(|f| (f.value, f.confidence.per_mille(), f.text, f.reasons)));
            println!("T {:?}", receipt.registration_number.map(|f| (f.value, f.confidence.per_mille(), f.text)));
            println!("issuer {:?}", receipt.issuer.map(|f| (f.value, f.text)));
            println!("payee {:?}", receipt.payee.map(|f| (f.value, f.text)));
            println!("proviso {:?}", receipt.proviso.map(|f| (f.value, f.text)));
            println!("tax {:?}", receipt.tax);
        }
    }
}
