import Helix.Gate
/-
helix-gate: reads one write as a line of integers, decides it by the very function that the theorems speak of, and
prints one verdict as JSON. docs/proof-engines.md describes the line.
-/
namespace Helix.Program

/-- The integers of a line, the last first; none where anything else stands in it. -/
def numbers : List Char → Option Nat → List Nat → Option (List Nat)
  | [], none, ns => some ns
  | [], some n, ns => some (n :: ns)
  | c :: cs, now, ns =>
    cond (Nat.ble 48 c.toNat && Nat.ble c.toNat 57) (numbers cs (some ((now.getD 0) * 10 + (c.toNat - 48))) ns)
      (cond (Nat.beq c.toNat 32 || Nat.beq c.toNat 10)
        (match now with
          | none => numbers cs none ns
          | some n => numbers cs none (n :: ns))
        none)

/-- Takes a value off the front of the integers. -/
def Reader (α : Type) : Type := List Nat → Option (α × List Nat)

def number : Reader Nat
  | [] => none
  | n :: ns => some (n, ns)

def flag : Reader Bool
  | 0 :: ns => some (false, ns)
  | 1 :: ns => some (true, ns)
  | _ => none

def andThen {α β : Type} (r : Reader α) (f : α → Reader β) : Reader β := fun ns =>
  match r ns with
  | none => none
  | some (x, rest) => f x rest

def give {α : Type} (x : α) : Reader α := fun ns => some (x, ns)

def times {α : Type} (r : Reader α) : Nat → Reader (List α)
  | 0 => give []
  | n + 1 => andThen r (fun x => andThen (times r n) (fun xs => give (x :: xs)))

def list {α : Type} (r : Reader α) : Reader (List α) := andThen number (times r)

def ask : Reader Ask :=
  andThen number (fun mem => andThen number (fun cpu => andThen number (fun pods => give ⟨mem, cpu, pods⟩)))

def come : Reader Come :=
  andThen ask (fun a => andThen number (fun each => andThen flag (fun known => andThen number (fun most =>
    andThen number (fun tie => andThen number (fun total => andThen flag (fun own => andThen number (fun key =>
      give ⟨a, each, known, most, tie, total, own, key⟩))))))))

def old : Reader Old :=
  andThen ask (fun a => andThen (list number) (fun uses => andThen number (fun key => andThen flag (fun own =>
    give ⟨a, uses, key, own⟩))))

def node : Reader Node :=
  andThen number (fun cap => andThen number (fun share => andThen number (fun used => andThen flag (fun fresh =>
    andThen flag (fun readable => andThen flag (fun changed => andThen ask (fun room => andThen ask (fun debt =>
      andThen (list come) (fun comes => andThen (list old) (fun olds =>
        give ⟨cap, share, used, fresh, readable, changed, room, debt, comes, olds⟩))))))))))

/-- The version of the line comes first. -/
def write : Reader Write :=
  andThen number (fun version => cond (Nat.beq version 1)
    (andThen flag (fun modelled => andThen flag (fun onlyReleases => andThen flag (fun relief =>
      andThen (list node) (fun nodes => give ⟨modelled, onlyReleases, relief, nodes⟩)))))
    (fun _ => none))

/-- The write of a line; none unless the line is one write and nothing else. -/
def parse (line : String) : Option Write :=
  match numbers line.toList none [] with
  | none => none
  | some ns => match write ns.reverse with
    | some (w, []) => some w
    | _ => none

/-- The first node that is not granted, and its place. -/
def refused (w : Write) : Nat → List Node → Option Nat
  | _, [] => none
  | i, n :: ns => cond (granted w n) (refused w (i + 1) ns) (some i)

/-- Millionths of a percent, rounded up; no state uses more. -/
def after (n : Node) : Nat :=
  let full := n.used + bound n.debt (widest n) n.come
  cond (Nat.beq n.cap 0) 100000000 ((full * 100000000 + n.cap - 1) / n.cap)

def highest : List Node → Nat → Nat
  | [], most => most
  | n :: ns, most => highest ns (cond (Nat.ble most (after n)) (after n) most)

def padded (digits n : Nat) : String :=
  let text := toString n
  String.join (List.replicate (digits - text.length) "0") ++ text

def percent (micro : Nat) : String := toString (micro / 1000000) ++ "." ++ padded 6 (micro % 1000000)

def verdict (w : Write) : String :=
  let passed := gate w
  let reason := cond passed "every touched unit keeps its floor in every reachable state"
    (cond w.modelled "a touched unit can be below its floor" "nobody knows what it may set in motion")
  let unit := match refused w 0 w.nodes with
    | none => "null"
    | some i => toString i
  "{\"passed\":" ++ (cond passed "true" "false") ++ ",\"reason\":\"" ++ reason ++ "\",\"unit\":" ++ unit
    ++ ",\"after_pct_est\":" ++ percent (highest w.nodes 0) ++ ",\"engine\":\"lean\",\"engine_version\":\"helix-gate 1\"}"

end Helix.Program

def main : IO Unit := do
  let input ← IO.getStdin
  let line ← input.getLine
  match Helix.Program.parse line with
  | none => throw (IO.userError "not a write: see docs/proof-engines.md")
  | some w => IO.println (Helix.Program.verdict w)
