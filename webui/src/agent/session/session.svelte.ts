import { session as api } from "../../lib/api/client";
import { ApiError } from "../../lib/api/problem";
import { whenSignedOut } from "../../lib/api/request";
import type { Role, Session } from "../../lib/api/types";

type SessionState =
  | { kind: "asking" }
  | { kind: "unreachable" }
  | { kind: "signed_out"; ended: boolean }
  | { kind: "signed_in"; session: Session };

/** Who is signed in at this browser. */
export class SessionStore {
  state = $state.raw<SessionState>({ kind: "asking" });

  constructor() {
    whenSignedOut(() => this.end());
  }

  async ask(): Promise<void> {
    try {
      this.state = { kind: "signed_in", session: await api.current() };
    } catch (error) {
      const signedOut = error instanceof ApiError && error.status === 401;
      this.state = signedOut ? { kind: "signed_out", ended: false } : { kind: "unreachable" };
    }
  }

  /** Asks whether this session still lives; `end` is called when it does not. */
  async check(): Promise<void> {
    try {
      await api.current();
    } catch {
      // That nobody is signed in is told to `whenSignedOut`; a server that is away is asked again with the next try.
    }
  }

  signedIn(session: Session): void {
    this.state = { kind: "signed_in", session };
  }

  /** The server says that the session is over. */
  end(): void {
    this.state = { kind: "signed_out", ended: this.state.kind === "signed_in" };
  }

  async signOut(): Promise<void> {
    await api.signOut();
    this.state = { kind: "signed_out", ended: false };
  }

  passwordChanged(): void {
    if (this.state.kind !== "signed_in") return;
    this.state = { kind: "signed_in", session: { ...this.state.session, must_change_password: false } };
  }

  may(...roles: Role[]): boolean {
    return this.state.kind === "signed_in" && this.state.session.user.roles.some((role) => roles.includes(role));
  }
}
