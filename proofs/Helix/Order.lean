/-
The few facts on numbers that the package needs, from the kernel's Nat and Bool alone: the library renames its lemmas
from year to year, and this text shall be accepted by old and new Lean 4 alike.
-/
namespace Helix

/-- `Le a b`: `a` is at most `b`. Our own, so that no library name is needed. -/
inductive Le (n : Nat) : Nat → Prop where
  | refl : Le n n
  | step {m : Nat} (h : Le n m) : Le n (m + 1)

theorem Le.trans {a b c : Nat} (h : Le a b) (g : Le b c) : Le a c := by
  induction g with
  | refl => exact h
  | step _ ih => exact Le.step ih

theorem Le.zero (n : Nat) : Le 0 n := by
  induction n with
  | zero => exact Le.refl
  | succ n ih => exact Le.step ih

theorem Le.succ {a b : Nat} (h : Le a b) : Le (a + 1) (b + 1) := by
  induction h with
  | refl => exact Le.refl
  | step _ ih => exact Le.step ih

theorem Le.pred_left (a : Nat) : Le (Nat.pred a) a := by
  cases a with
  | zero => exact Le.refl
  | succ a => exact Le.step Le.refl

theorem Le.pred {a b : Nat} (h : Le a b) : Le (Nat.pred a) (Nat.pred b) := by
  induction h with
  | refl => exact Le.refl
  | step g _ => exact Le.trans (Le.pred_left a) g

theorem Le.of_succ {a b : Nat} (h : Le (a + 1) (b + 1)) : Le a b := Le.pred h

theorem Le.of_eq {a b : Nat} (h : a = b) : Le a b := h ▸ Le.refl

theorem Le.eq_zero {a : Nat} (h : Le a 0) : a = 0 := by
  cases h with
  | refl => rfl

/-- False is not true: whatever unfolds to that proves anything. -/
theorem never {p : Prop} (h : false = true) : p := nomatch h

theorem Le.not_succ_zero {a : Nat} {p : Prop} (h : Le (a + 1) 0) : p :=
  Nat.noConfusion (Le.eq_zero h : a + 1 = 0)

theorem Le.not_self {a : Nat} {p : Prop} (h : Le (a + 1) a) : p := by
  induction a with
  | zero => exact Le.not_succ_zero h
  | succ a ih => exact ih (Le.of_succ h)

theorem Le.add_left (k : Nat) {a b : Nat} (h : Le a b) : Le (k + a) (k + b) := by
  induction h with
  | refl => exact Le.refl
  | step _ ih => exact Le.step ih

theorem Le.add_right {a b : Nat} (h : Le a b) (k : Nat) : Le (a + k) (b + k) := by
  induction k with
  | zero => exact h
  | succ k ih => exact Le.succ ih

theorem Le.add {a b c d : Nat} (h : Le a b) (g : Le c d) : Le (a + c) (b + d) :=
  Le.trans (Le.add_left a g) (Le.add_right h d)

theorem Le.weaken {a b : Nat} (h : Le a b) (k : Nat) : Le a (b + k) := by
  induction k with
  | zero => exact h
  | succ k ih => exact Le.step ih

theorem Le.left (a k : Nat) : Le a (a + k) := Le.weaken Le.refl k

theorem Le.right (k a : Nat) : Le a (k + a) := by
  induction a with
  | zero => exact Le.zero k
  | succ a ih => exact Le.succ ih

theorem Le.mul_left (k : Nat) {a b : Nat} (h : Le a b) : Le (k * a) (k * b) := by
  induction h with
  | refl => exact Le.refl
  | step _ ih => exact Le.weaken ih k

theorem Le.mul_right {a b : Nat} (h : Le a b) (k : Nat) : Le (a * k) (b * k) := by
  induction k with
  | zero => exact Le.refl
  | succ k ih => exact Le.add ih h

theorem Le.sub (a b : Nat) : Le (a - b) a := by
  induction b with
  | zero => exact Le.refl
  | succ b ih => exact Le.trans (Le.pred_left (a - b)) ih

/-- Taking away more leaves no more. -/
theorem Le.sub_left (x : Nat) {a b : Nat} (h : Le a b) : Le (x - b) (x - a) := by
  induction h with
  | refl => exact Le.refl
  | step _ ih => exact Le.trans (Le.pred_left _) ih

theorem Le.sub_right {x y : Nat} (h : Le x y) (k : Nat) : Le (x - k) (y - k) := by
  induction k with
  | zero => exact h
  | succ k ih => exact Le.pred ih

theorem Le.of_ble (a b : Nat) (h : Nat.ble a b = true) : Le a b := by
  induction a generalizing b with
  | zero => exact Le.zero b
  | succ a ih =>
    cases b with
    | zero => exact never h
    | succ b => exact Le.succ (ih b h)

theorem Le.not_ble (a b : Nat) (h : Nat.ble a b = false) : Le (b + 1) a := by
  induction a generalizing b with
  | zero =>
    cases b with
    | zero => exact never h.symm
    | succ b => exact never h.symm
  | succ a ih =>
    cases b with
    | zero => exact Le.succ (Le.zero a)
    | succ b => exact Le.succ (ih b h)

theorem Le.ble {a b : Nat} (h : Le a b) : Nat.ble a b = true := by
  induction a generalizing b with
  | zero =>
    cases b with
    | zero => rfl
    | succ b => rfl
  | succ a ih =>
    cases b with
    | zero => exact Le.not_succ_zero h
    | succ b => exact ih (Le.of_succ h)

/-- Either way round. -/
theorem Le.either (a b : Nat) : Le a b ∨ Le (b + 1) a := by
  cases h : Nat.ble a b with
  | true => exact Or.inl (Le.of_ble a b h)
  | false => exact Or.inr (Le.not_ble a b h)

theorem zero_add (a : Nat) : 0 + a = a := by
  induction a with
  | zero => rfl
  | succ a ih => exact congrArg (fun x => x + 1) ih

theorem add_assoc (a b c : Nat) : a + b + c = a + (b + c) := by
  induction c with
  | zero => rfl
  | succ c ih => exact congrArg (fun x => x + 1) ih

theorem succ_add (a b : Nat) : a + 1 + b = a + b + 1 := by
  induction b with
  | zero => rfl
  | succ b ih => exact congrArg (fun x => x + 1) ih

theorem add_comm (a b : Nat) : a + b = b + a := by
  induction b with
  | zero => exact (zero_add a).symm
  | succ b ih =>
    have h : Nat.succ (a + b) = Nat.succ (b + a) := congrArg Nat.succ ih
    exact Eq.trans h (succ_add b a).symm

theorem zero_mul (a : Nat) : 0 * a = 0 := by
  induction a with
  | zero => rfl
  | succ a ih => exact ih

theorem succ_sub_succ (a b : Nat) : a + 1 - (b + 1) = a - b := by
  induction b with
  | zero => rfl
  | succ b ih => exact congrArg Nat.pred ih

theorem add_sub_right (a b : Nat) : a + b - b = a := by
  induction b with
  | zero => rfl
  | succ b ih => exact Eq.trans (succ_sub_succ (a + b) b) ih

/-- What fits beside `l` fits into what `l` leaves. -/
theorem Le.sub_of_add {n l t : Nat} (h : Le (n + l) t) : Le n (t - l) :=
  Le.trans (Le.of_eq (add_sub_right n l).symm) (Le.sub_right h l)

/-- The lesser of two. -/
def least2 (a b : Nat) : Nat := cond (Nat.ble a b) a b

theorem le_cond {c a b : Nat} (ha : Le c a) (hb : Le c b) (x : Bool) : Le c (cond x a b) := by
  cases x with
  | false => exact hb
  | true => exact ha

theorem le_least2 {c a b : Nat} (ha : Le c a) (hb : Le c b) : Le c (least2 a b) := le_cond ha hb (Nat.ble a b)

theorem cond_cases (p : Nat → Prop) (x : Bool) {a b : Nat} (ha : x = true → p a) (hb : x = false → p b) :
    p (cond x a b) := by
  cases x with
  | false => exact hb rfl
  | true => exact ha rfl

theorem least2_left (a b : Nat) : Le (least2 a b) a :=
  cond_cases (fun x => Le x a) (Nat.ble a b) (fun _ => Le.refl) (fun h => Le.trans (Le.left b 1) (Le.not_ble a b h))

theorem least2_right (a b : Nat) : Le (least2 a b) b :=
  cond_cases (fun x => Le x b) (Nat.ble a b) (fun h => Le.of_ble a b h) (fun _ => Le.refl)

theorem both {a b : Bool} (h : (a && b) = true) : a = true ∧ b = true := by
  cases a with
  | false => exact never h
  | true => exact ⟨rfl, h⟩

theorem either {a b : Bool} (h : (a || b) = true) : a = true ∨ b = true := by
  cases a with
  | false => exact Or.inr h
  | true => exact Or.inl rfl

theorem neither {a b : Bool} (h : (a || b) = false) : a = false ∧ b = false := by
  cases a with
  | false => exact ⟨rfl, h⟩
  | true => exact never h.symm

/-- The first of a list, or `d`. -/
def hd {α : Type} (d : α) : List α → α
  | [] => d
  | x :: _ => x

/-- A list without its first. -/
def tl {α : Type} : List α → List α
  | [] => []
  | _ :: xs => xs

/-- Whether `f` holds of all of `0 .. n`, the greatest first. -/
def upTo : Nat → (Nat → Bool) → Bool
  | 0, f => f 0
  | n + 1, f => f (n + 1) && upTo n f

theorem upTo_all {f : Nat → Bool} {n k : Nat} (h : upTo n f = true) (hk : Le k n) : f k = true := by
  induction n with
  | zero => exact (Le.eq_zero hk) ▸ h
  | succ n ih =>
    cases hk with
    | refl => exact (both h).1
    | step g => exact ih (both h).2 g

end Helix
