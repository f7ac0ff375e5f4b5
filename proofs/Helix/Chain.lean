/-
The ledger's hash chain. Collision resistance is a hypothesis here: `hash` takes no two inputs to one digest.
-/
namespace Helix.Chain

/-- The head after these records, the newest first; `genesis` stands before the first. -/
def head {Record Digest : Type} (hash : Digest → Record → Digest) (genesis : Digest) : List Record → Digest
  | [] => genesis
  | r :: rs => hash (head hash genesis rs) r

/-- **The chain detects a change.** Two ledgers with the same head have the same records, in the same order. -/
theorem chain_detects_change {Record Digest : Type} {hash : Digest → Record → Digest} {genesis : Digest}
    (no_collision : (a b : Digest) → (r s : Record) → hash a r = hash b s → a = b ∧ r = s)
    (no_genesis : (a : Digest) → (r : Record) → hash a r = genesis → False) (xs : List Record) :
    (ys : List Record) → head hash genesis xs = head hash genesis ys → xs = ys := by
  induction xs with
  | nil =>
    intro ys h
    cases ys with
    | nil => rfl
    | cons y ys => exact False.elim (no_genesis _ y h.symm)
  | cons x xs ih =>
    intro ys h
    cases ys with
    | nil => exact False.elim (no_genesis _ x h)
    | cons y ys =>
      have same := no_collision _ _ x y h
      rw [ih ys same.1, same.2] <;> rfl

end Helix.Chain
