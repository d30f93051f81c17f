//! The tree against RFC 6962 written down a second time, and against the vectors of the Certificate Transparency project.

use claim::Sha256;
use decision_log::{ConsistencyProof, Frontier, InclusionProof, ProofError, TileId, Tree, leaf_hash};
use proptest::prelude::*;
use sha2::Digest;
use std::collections::BTreeMap;

fn sha(parts: &[&[u8]]) -> Sha256 {
    let mut hasher = sha2::Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    Sha256(hasher.finalize().into())
}

/// RFC 6962 §2.1, as it stands there.
fn rfc_root(payloads: &[Vec<u8>]) -> Sha256 {
    match payloads {
        [] => sha(&[]),
        [one] => sha(&[&[0], one]),
        many => {
            let k = many.len().next_power_of_two() / 2;
            sha(&[&[1], &rfc_root(&many[..k]).0, &rfc_root(&many[k..]).0])
        }
    }
}

fn root(tree: &Tree) -> Sha256 {
    tree.root().unwrap()
}

fn hex(text: &str) -> Sha256 {
    text.parse().unwrap()
}

/// The leaves of the Certificate Transparency project's merkle tree tests.
fn ct_leaves() -> Vec<Vec<u8>> {
    let leaves: [&[u8]; 8] =
        [b"", &[0], &[0x10], &[0x20, 0x21], &[0x30, 0x31], b"\x40\x41\x42\x43", b"PQRSTUVW", b"`abcdefghijklmno"];
    leaves.iter().map(|leaf| leaf.to_vec()).collect()
}

#[test]
fn roots_are_those_of_the_published_vectors() {
    let expected = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::new();
    assert_eq!((root(&Tree::new(0)), frontier.root()), (hex(expected[0]), hex(expected[0])));
    let leaves = ct_leaves();
    for (index, (leaf, expected)) in (0..).zip(leaves.iter().zip(&expected[1..])) {
        assert_eq!(frontier.append(leaf), index);
        let tree = Tree::from_payloads(&leaves[..frontier.size() as usize]);
        assert_eq!((root(&tree), frontier.root()), (hex(expected), hex(expected)), "{} leaves", index + 1);
        assert_eq!(tree.size(), frontier.size());
    }
}

#[test]
fn proofs_are_those_of_the_published_vectors() {
    let tree = Tree::from_payloads(ct_leaves());
    let first_of_eight = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    .map(hex);
    let six_of_eight = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    .map(hex);
    assert_eq!(tree.inclusion_proof(0).unwrap().hashes, first_of_eight);
    assert_eq!(tree.consistency_proof(1).unwrap().hashes, first_of_eight);
    assert_eq!(tree.consistency_proof(6).unwrap().hashes, six_of_eight);
    assert!(tree.consistency_proof(8).unwrap().hashes.is_empty());
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    let tree = Tree::from_payloads(ct_leaves());
    assert_eq!(tree.inclusion_proof(8), Err(ProofError::NotInTree { index: 8, size: 8 }));
    assert_eq!(tree.consistency_proof(9), Err(ProofError::LargerThanTree { earlier: 9, size: 8 }));
    assert_eq!(tree.root_at(9), Err(ProofError::LargerThanTree { earlier: 9, size: 8 }));
    assert!(Tree::new(0).inclusion_proof(0).is_err());
    // Proofs come from outside too: absurd numbers are an error and not a panic.
    for (index, size) in [(0, 0), (5, 5), (u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX)] {
        assert!(InclusionProof { index, size, hashes: vec![Sha256([0; 32]); 3] }.verify(b"", root(&tree)).is_err());
    }
    for (earlier, size) in [(1, 0), (9, 8), (1, u64::MAX), (u64::MAX, u64::MAX), (0, 8)] {
        let proof = ConsistencyProof { earlier, size, hashes: vec![Sha256([0; 32]); 3] };
        assert!(proof.verify(root(&tree), root(&tree)).is_err());
    }
}

#[test]
fn every_tree_begins_with_the_empty_one_and_with_itself() {
    let tree = Tree::from_payloads(ct_leaves());
    let empty = root(&Tree::new(0));
    assert_eq!(tree.consistency_proof(0).unwrap().verify(empty, root(&tree)), Ok(()));
    assert!(tree.consistency_proof(0).unwrap().verify(root(&tree), root(&tree)).is_err());
    assert_eq!(tree.consistency_proof(8).unwrap().verify(root(&tree), root(&tree)), Ok(()));
    assert!(tree.consistency_proof(8).unwrap().verify(empty, root(&tree)).is_err());
}

fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..70)
}

proptest! {
    // Each case tries every index and size of a tree, so that 64 of them are some 2,000 trees.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tree_and_frontier_have_the_root_of_the_rfc(payloads in payloads()) {
        let tree = Tree::from_payloads(&payloads);
        let mut frontier = Frontier::new();
        payloads.iter().for_each(|payload| { frontier.append(payload); });
        prop_assert_eq!(root(&tree), rfc_root(&payloads));
        prop_assert_eq!(frontier.root(), rfc_root(&payloads));
        for size in 0..=payloads.len() {
            prop_assert_eq!(tree.root_at(size as u64).unwrap(), rfc_root(&payloads[..size]));
        }
    }

    #[test]
    fn every_entry_is_proved_and_no_other(payloads in payloads(), other in proptest::collection::vec(any::<u8>(), 0..40), bit in 0usize..256, pick in any::<proptest::sample::Index>()) {
        let tree = Tree::from_payloads(&payloads);
        for (index, payload) in payloads.iter().enumerate() {
            let proof = tree.inclusion_proof(index as u64).unwrap();
            prop_assert_eq!(proof.verify(payload, root(&tree)), Ok(()));
            prop_assert_eq!(proof.verify(&other, root(&tree)).is_ok(), other == *payload);
        }
        // A proof with one bit changed, at another index, or one hash shorter or longer proves nothing.
        let index = pick.index(payloads.len());
        let proof = tree.inclusion_proof(index as u64).unwrap();
        let holds = |proof: &InclusionProof| proof.verify(&payloads[index], root(&tree)).is_ok();
        let mut changed = proof.clone();
        changed.hashes.push(leaf_hash(b""));
        prop_assert!(!holds(&changed));
        if !proof.hashes.is_empty() {
            let mut changed = proof.clone();
            changed.hashes[bit % proof.hashes.len()].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!holds(&changed));
            let mut changed = proof.clone();
            changed.hashes.pop();
            prop_assert!(!holds(&changed));
            let mut changed = proof.clone();
            changed.index ^= 1;
            prop_assert!(!holds(&changed) || changed.index >= changed.size || payloads[index] == payloads[index ^ 1]);
        }
        let json = serde_json::to_string(&proof).unwrap();
        prop_assert_eq!(serde_json::from_str::<InclusionProof>(&json).unwrap(), proof);
    }

    #[test]
    fn a_tree_goes_on_from_each_earlier_one_and_from_no_other(payloads in payloads(), bit in 0usize..256) {
        let tree = Tree::from_payloads(&payloads);
        for size in 0..=payloads.len() {
            let proof = tree.consistency_proof(size as u64).unwrap();
            let earlier = rfc_root(&payloads[..size]);
            prop_assert_eq!(proof.verify(earlier, root(&tree)), Ok(()));
            let mut fork = payloads[..size].to_vec();
            if let Some(last) = fork.last_mut() {
                last.push(0);
                prop_assert!(proof.verify(rfc_root(&fork), root(&tree)).is_err());
                prop_assert!(proof.verify(earlier, rfc_root(&fork)).is_err());
            }
            if !proof.hashes.is_empty() {
                let mut changed = proof.clone();
                changed.hashes[bit % proof.hashes.len()].0[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(changed.verify(earlier, root(&tree)).is_err());
            }
        }
    }
}

/// Leaves that need no hashing of their own.
fn numbered(count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|n| n.to_be_bytes().to_vec())
}

#[test]
fn tiles_lie_where_c2sp_lays_them() {
    for (level, number, width, path) in [
        (0, 0, 256, "tile/0/000"),
        (0, 5, 3, "tile/0/005.p/3"),
        (1, 1234, 256, "tile/1/x001/234"),
        (0, 1_234_067, 1, "tile/0/x001/x234/067.p/1"),
        (3, 1000, 255, "tile/3/x001/000.p/255"),
    ] {
        assert_eq!(TileId { level, number }.path(width), path);
    }
    // The example of the specification: a tree of 70,000.
    let widths: Vec<_> = Frontier::tiles(70_000).into_iter().map(|tile| tile.path(tile.width(70_000))).collect();
    assert_eq!(widths, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
}

#[test]
fn a_tree_of_three_levels_is_grown_in_pieces_and_proves_with_a_few_tiles() {
    let size = 70_000;
    let payloads: Vec<Vec<u8>> = numbered(size).collect();
    let expected = rfc_root(&payloads);
    // Grown as a sequencer does: nothing is kept but tiles, and each piece goes on from the edge that they have.
    let (mut kept, mut at) = (BTreeMap::<TileId, Vec<u8>>::new(), 0);
    for end in [1, 255, 256, 257, 65_535, 65_536, 65_793, size] {
        let mut frontier = Frontier::resume(at, &kept).unwrap();
        for payload in &payloads[at as usize..end as usize] {
            frontier.append_leaf(leaf_hash(payload), |tile, hashes| {
                // What a tile had, it keeps.
                let before = kept.insert(tile, hashes.to_vec()).unwrap_or_default();
                assert!(hashes.starts_with(&before));
            });
        }
        for (tile, hashes) in frontier.partial() {
            let before = kept.insert(tile, hashes.to_vec()).unwrap_or_default();
            assert!(hashes.starts_with(&before));
        }
        assert_eq!(frontier.root(), rfc_root(&payloads[..end as usize]));
        at = end;
    }
    // Proofs from no more tiles than the path and the edge have.
    let mut tree = Tree::new(size);
    let mut most = 0;
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_999] {
        let lacking = tree.lacking_for_inclusion(index).unwrap();
        most = most.max(lacking.len());
        assert!(index > 0 || tree.inclusion_proof(index) == Err(ProofError::Lacking));
        for tile in lacking {
            tree.hold(tile, kept[&tile].clone()).unwrap();
        }
        let proof = tree.inclusion_proof(index).unwrap();
        proof.verify(&payloads[index as usize], expected).unwrap();
        assert_eq!(tree.leaf(index).unwrap(), leaf_hash(&payloads[index as usize]));
    }
    assert!(most <= 6, "{most} tiles for one proof");
    // An earlier tree, proved with tiles that have grown since.
    for earlier in [1u64, 256, 300, 65_536, 65_537, 69_999] {
        for tile in tree.lacking_for_consistency(earlier).unwrap() {
            tree.hold(tile, kept[&tile].clone()).unwrap();
        }
        let root = rfc_root(&payloads[..earlier as usize]);
        tree.consistency_proof(earlier).unwrap().verify(root, expected).unwrap();
        let mut small = Tree::new(earlier);
        for tile in small.lacking_for_root(earlier).unwrap() {
            small.hold(tile, kept[&tile].clone()).unwrap();
        }
        assert_eq!(small.root().unwrap(), root);
    }
    // A tile that is not there or too short is said, not guessed.
    let last = TileId { level: 0, number: 273 };
    assert_eq!(tree.hold(last, vec![0; 32]), Err(ProofError::Tile { tile: last, width: 112 }));
    kept.remove(&last);
    assert_eq!(Frontier::resume(size, &kept), Err(ProofError::Tile { tile: last, width: 112 }));
}
