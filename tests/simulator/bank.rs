//! The bank of the simulation: it executes an order once, sends some payments back, and tells of it in files in which records
//! are lost, repeated, falsified or of somebody else.

use claim::ClaimId;
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use store::BatchRecord;

/// What the bank did with a claim's grant, over all batches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PaidOut {
    pub(crate) times: u32,
    pub(crate) yen: i64,
}

/// An order that the bank executed.
#[derive(Clone, Debug)]
struct Executed {
    /// The order, byte by byte; a second one of the same batch is refused.
    order: Vec<u8>,
    /// Of each payment, in the order of the file's records: which claim, how much, and the result's digit.
    results: Vec<(ClaimId, i64, u8)>,
}

#[derive(Debug, Default)]
pub(crate) struct Bank {
    executed: BTreeMap<String, Executed>,
}

/// Bytes of a record and the line end after it.
const RECORD: usize = 122;
/// Where the result of a data record stands, from 0 (`ResultProfile::default`, byte 114 as specifications count).
const RESULT_AT: usize = 113;

impl Bank {
    /// Executes an order: some payments are sent back. The same order again is the same; another one is refused.
    pub(crate) fn execute(&mut self, batch: &BatchRecord, order: &[u8], rng: &mut StdRng) {
        if let Some(known) = self.executed.get(&batch.id) {
            assert!(known.order == order, "batch {} was written out differently", batch.id);
            return;
        }
        let mut results: Vec<(ClaimId, i64, u8)> = Vec::new();
        let records: Vec<&[u8]> = order.chunks(RECORD).filter(|record| record.first() == Some(&b'2')).collect();
        assert_eq!(records.len(), batch.payments.len());
        for record in records {
            let amount: i64 = std::str::from_utf8(&record[80..90]).unwrap().trim().parse().unwrap();
            let number = std::str::from_utf8(&record[43..50]).unwrap();
            let payment = batch
                .payments
                .iter()
                .filter(|payment| !results.iter().any(|known| known.0 == payment.claim_id))
                .find(|payment| payment.amount_yen.get() == amount && payment.account.number == number);
            let payment = payment.unwrap_or_else(|| panic!("batch {}: no payment of {amount} to {number}", batch.id));
            // Payments that are alike are told apart by nothing, so they fare alike.
            let alike = results.iter().find(|known| {
                let other = batch.payments.iter().find(|one| one.claim_id == known.0).expect("of this batch");
                known.1 == amount && other.account.number == number
            });
            let digit = match alike {
                Some(known) => known.2,
                None if rng.random_range(0..100) < 25 => b'1',
                None => b'0',
            };
            results.push((payment.claim_id.clone(), amount, digit));
        }
        self.executed.insert(batch.id.clone(), Executed { order: order.to_vec(), results });
    }

    /// A file of results of a batch, with what goes wrong in such files.
    pub(crate) fn tells(&self, batch: &str, rng: &mut StdRng) -> Option<Vec<u8>> {
        let executed = self.executed.get(batch)?;
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut results = executed.results.iter();
        for record in executed.order.chunks(RECORD) {
            let mut record = record.to_vec();
            if record.first() == Some(&b'2') {
                record[RESULT_AT] = results.next().expect("as many as were executed").2;
                match rng.random_range(0..100) {
                    // Lost, repeated, falsified, another's.
                    0..5 => continue,
                    5..9 => lines.push(record.clone()),
                    9..12 => record[85] = b'0' + (record[85] - b'0' + 1) % 10,
                    12..14 => record[49] = b'0' + (record[49] - b'0' + 1) % 10,
                    14..15 => record[RESULT_AT] = b'?',
                    _ => {}
                }
            }
            lines.push(record);
        }
        let mut bytes = lines.concat();
        if rng.random_range(0..100) < 3 {
            bytes.truncate(bytes.len() / 2);
        }
        Some(bytes)
    }

    /// Batches that it has executed.
    pub(crate) fn batches(&self) -> Vec<String> {
        self.executed.keys().cloned().collect()
    }

    /// What went out and stayed out, by claim.
    pub(crate) fn paid_by_claim(&self) -> BTreeMap<ClaimId, PaidOut> {
        let mut paid: BTreeMap<ClaimId, PaidOut> = BTreeMap::new();
        for (id, yen, digit) in self.executed.values().flat_map(|one| &one.results) {
            if *digit == b'0' {
                let one = paid.entry(id.clone()).or_default();
                one.times += 1;
                one.yen += yen;
            }
        }
        paid
    }

    pub(crate) fn has_paid(&self, id: &ClaimId) -> bool {
        self.executed.values().flat_map(|one| &one.results).any(|known| known.0 == *id && known.2 == b'0')
    }
}
