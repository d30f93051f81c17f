//! ISO 20022 pain.001.001.03, the message in which ZEDI (全銀EDIシステム) takes 総合振込. Names are those of the 全銀 file:
//! a bank that takes both compares them. Of the message only what an order of the fund has is written; the order of the
//! elements is that of the schema, which a test holds against a table of it.

use super::read::{TransferAccount, TransferFile, shown};
use claim::PaymentBatch;
use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03";
/// The clearing system of Japan's banks among the external codes of ISO 20022.
const ZENGIN: &str = "JPZGN";
/// The longest id of a message, a payment or a party.
const ID_CHARACTERS: usize = 35;

type Out = Writer<Vec<u8>>;

/// Writes the batch whose 全銀 file was read as `file`, created at `created`.
pub(super) fn message(batch: &PaymentBatch, file: &TransferFile, created: Timestamp) -> io::Result<Vec<u8>> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 1);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let header = file.header.clone().unwrap_or_default();
    let count = batch.payments.len().to_string();
    let sum: i64 = batch.payments.iter().map(|payment| payment.amount_yen.get()).sum();
    let sum = sum.to_string();
    out.create_element("Document").with_attribute(("xmlns", NAMESPACE)).write_inner_content(|out| {
        out.create_element("CstmrCdtTrfInitn").write_inner_content(|out| {
            out.create_element("GrpHdr").write_inner_content(|out| {
                text(out, "MsgId", &id(&batch.id))?;
                text(out, "CreDtTm", &created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
                text(out, "NbOfTxs", &count)?;
                text(out, "CtrlSum", &sum)?;
                party(out, "InitgPty", &header.consignor_name, Some(&header.consignor_code))
            })?;
            out.create_element("PmtInf").write_inner_content(|out| {
                text(out, "PmtInfId", &id(&batch.id))?;
                text(out, "PmtMtd", "TRF")?;
                text(out, "NbOfTxs", &count)?;
                text(out, "CtrlSum", &sum)?;
                text(out, "ReqdExctnDt", &batch.pay_on.to_string())?;
                party(out, "Dbtr", &header.consignor_name, None)?;
                account(out, "DbtrAcct", &header.account)?;
                agent(out, "DbtrAgt", &header.account)?;
                for (payment, record) in batch.payments.iter().zip(&file.payments) {
                    out.create_element("CdtTrfTxInf").write_inner_content(|out| {
                        out.create_element("PmtId")
                            .write_inner_content(|out| text(out, "EndToEndId", &id(payment.claim_id.as_str())))?;
                        out.create_element("Amt").write_inner_content(|out| {
                            out.create_element("InstdAmt")
                                .with_attribute(("Ccy", "JPY"))
                                .write_text_content(BytesText::new(&payment.amount_yen.get().to_string()))
                                .map(drop)
                        })?;
                        agent(out, "CdtrAgt", &record.account)?;
                        party(out, "Cdtr", &record.holder, None)?;
                        account(out, "CdtrAcct", &record.account)?;
                        // 顧客コード1 of the 全銀 file: for whom this is.
                        out.create_element("RmtInf")
                            .write_inner_content(|out| text(out, "Ustrd", &record.customer_code_1))
                            .map(drop)
                    })?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    let mut bytes = out.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// An id as the message takes it. Ids of batches and claims are short; one that is not is cut, not refused, since the
/// payment is found by its account as well.
fn id(text: &str) -> String {
    text.chars().take(ID_CHARACTERS).collect()
}

fn text(out: &mut Out, name: &str, value: &str) -> io::Result<()> {
    out.create_element(name).write_text_content(BytesText::new(value)).map(drop)
}

fn party(out: &mut Out, element: &str, name: &str, code: Option<&str>) -> io::Result<()> {
    out.create_element(element)
        .write_inner_content(|out| {
            text(out, "Nm", name)?;
            let Some(code) = code else { return Ok(()) };
            out.create_element("Id")
                .write_inner_content(|out| {
                    out.create_element("OrgId")
                        .write_inner_content(|out| {
                            out.create_element("Othr").write_inner_content(|out| text(out, "Id", code)).map(drop)
                        })
                        .map(drop)
                })
                .map(drop)
        })
        .map(drop)
}

fn account(out: &mut Out, element: &str, account: &TransferAccount) -> io::Result<()> {
    let kind = account.kind.map_or("", super::kind_digit);
    out.create_element(element)
        .write_inner_content(|out| {
            out.create_element("Id").write_inner_content(|out| {
                out.create_element("Othr").write_inner_content(|out| text(out, "Id", &account.number)).map(drop)
            })?;
            out.create_element("Tp").write_inner_content(|out| text(out, "Prtry", kind)).map(drop)
        })
        .map(drop)
}

fn agent(out: &mut Out, element: &str, account: &TransferAccount) -> io::Result<()> {
    out.create_element(element)
        .write_inner_content(|out| {
            out.create_element("FinInstnId").write_inner_content(|out| {
                out.create_element("ClrSysMmbId").write_inner_content(|out| {
                    out.create_element("ClrSysId").write_inner_content(|out| text(out, "Cd", ZENGIN))?;
                    text(out, "MmbId", &account.bank_code)
                })?;
                named(out, &account.bank_name)
            })?;
            out.create_element("BrnchId")
                .write_inner_content(|out| {
                    text(out, "Id", &account.branch_code)?;
                    named(out, &account.branch_name)
                })
                .map(drop)
        })
        .map(drop)
}

/// A name, where there is one: an empty element is not of the schema.
fn named(out: &mut Out, name: &str) -> io::Result<()> {
    if name.is_empty() { Ok(()) } else { text(out, "Nm", name) }
}

/// The fields of each record with commas between, as banks' 全銀 CSV has them: texts without their filling spaces.
pub(super) fn comma_separated(records: &[Vec<u8>]) -> Vec<u8> {
    const HEADER: &[usize] = &[1, 2, 1, 10, 40, 4, 4, 15, 3, 15, 1, 7];
    const DATA: &[usize] = &[1, 4, 15, 3, 15, 4, 1, 7, 30, 10, 1, 10, 10, 1, 1];
    const TRAILER: &[usize] = &[1, 6, 12];
    const END: &[usize] = &[1];
    let mut file = Vec::new();
    for record in records {
        let widths = match record.first() {
            Some(b'1') => HEADER,
            Some(b'2') => DATA,
            Some(b'8') => TRAILER,
            _ => END,
        };
        let mut at = 0;
        for (i, width) in widths.iter().enumerate() {
            let field = record.get(at..at + width).unwrap_or_default();
            let long = field.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
            if i > 0 {
                file.push(b',');
            }
            // The characters of bank files have neither a comma nor a quotation mark.
            debug_assert!(!shown(field).contains([',', '"']), "a field needs no quoting");
            file.extend_from_slice(&field[..long]);
            at += width;
        }
        file.extend_from_slice(b"\r\n");
    }
    file
}
