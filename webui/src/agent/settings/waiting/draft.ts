/** A waiting strategy as its editor holds it, what of it was changed, and what a caller hears of it. */

import type { NewWaitingStrategy, StrategySource, VoiceChoice, WaitingStrategy } from "../../../lib/api/types";

/** What a part says or plays. Null is the built-in piece for music, and "not chosen yet" for the others. */
export type Heard = StrategySource | null;

export interface Part {
  on: boolean;
  source: Heard;
}

export interface Announcement {
  /** Stays with it while others are added and removed. */
  key: number;
  source: Heard;
}

export interface StrategyDraft {
  name: string;
  queues: string[];
  links: string[];
  greeting: Part;
  music: Part;
  announcements: { on: boolean; gap_seconds: number; list: Announcement[] };
  farewell: Part;
  places: { on: boolean; voice: VoiceChoice };
  longest_seconds: number;
  /** Whether callers may leave a message instead of waiting. */
  messages: boolean;
}

export const SECTIONS = ["entries", "greeting", "music", "announcements", "farewell", "messages"] as const;
export type Section = (typeof SECTIONS)[number];

export type StepKind = "greeting" | "music" | "ringback" | "places" | "announcement" | "farewell";

/** One thing that a caller hears, in its turn. */
export interface Step {
  /** Its part in the editor. */
  key: string;
  kind: StepKind;
  source: Heard;
}

export const FIRST_VOICE: VoiceChoice = { language: "en-us", voice: "f2", rate: 160 };
let lastKey = 0;

/** Returns a text to be spoken. */
export const spoken = (text: string, voice: VoiceChoice = FIRST_VOICE): StrategySource => ({
  kind: "speech",
  text,
  language: voice.language,
  voice: voice.voice ?? "",
  rate: voice.rate ?? 160,
});

/** Returns an announcement for the editor's list. */
export const announcement = (source: Heard): Announcement => ({ key: ++lastKey, source });

/** Returns a strategy to begin with: a spoken greeting and the built-in music. */
export function newDraft(greeting: string): StrategyDraft {
  return {
    name: "",
    queues: [],
    links: [],
    greeting: { on: true, source: spoken(greeting) },
    music: { on: true, source: null },
    announcements: { on: false, gap_seconds: 60, list: [] },
    farewell: { on: false, source: null },
    places: { on: false, voice: { ...FIRST_VOICE } },
    longest_seconds: 600,
    messages: true,
  };
}

/** Returns a copy to edit. */
export function draftOf(strategy: WaitingStrategy): StrategyDraft {
  const { name, greeting, music, announcements, farewell, places, longest_seconds, messages } =
    structuredClone(strategy);
  return {
    name,
    queues: strategy.queues.map(({ id }) => id),
    links: strategy.links.map(({ id }) => id),
    greeting: { on: greeting.on, source: greeting.source ?? null },
    music: { on: music.on, source: music.source ?? null },
    announcements: {
      on: announcements.on,
      gap_seconds: announcements.gap_seconds ?? 60,
      list: (announcements.sources ?? []).map(announcement),
    },
    farewell: { on: farewell.on, source: farewell.source ?? null },
    places: { on: places.on, voice: { ...FIRST_VOICE, ...places.voice } },
    longest_seconds,
    messages: messages ?? true,
  };
}

/** Returns the voice that a new text begins with: that of one which is there already. */
export function voiceOf({ greeting, announcements, farewell }: StrategyDraft): VoiceChoice {
  const sources = [greeting.source, ...announcements.list.map(({ source }) => source), farewell.source];
  return sources.find((source) => source?.kind === "speech") ?? FIRST_VOICE;
}

/** Returns what is sent. A text without words is none. */
export function wishOf(draft: StrategyDraft): NewWaitingStrategy {
  const { announcements, places, ...rest } = draft;
  return {
    ...rest,
    name: draft.name.trim(),
    queues: [...draft.queues].sort(),
    links: [...draft.links].sort(),
    greeting: { on: draft.greeting.on, source: said(draft.greeting.source) },
    farewell: { on: draft.farewell.on, source: said(draft.farewell.source) },
    announcements: {
      on: announcements.on,
      gap_seconds: announcements.gap_seconds,
      sources: announcements.list.map(({ source }) => said(source)).filter((source) => source !== null),
    },
    places: places.on ? places : { on: false, voice: null },
  };
}

/** Returns the sections of the editor in which two drafts differ. */
export function changesOf(before: StrategyDraft, after: StrategyDraft): Section[] {
  const [old, fresh] = [before, after].map((draft) => {
    const { name, queues, links, greeting, music, announcements, places, farewell, longest_seconds, messages } =
      wishOf(draft);
    return {
      entries: [name, queues, links],
      greeting,
      music,
      announcements: [announcements, places],
      farewell: [farewell, longest_seconds],
      messages,
    };
  });
  return SECTIONS.filter((section) => stable(old?.[section]) !== stable(fresh?.[section]));
}

/** Returns all that one caller would hear, in order: each announcement once, with the caller's place before it. */
export function stepsOf(draft: StrategyDraft, placesSample: string | null): Step[] {
  const between: Step = draft.music.on
    ? { key: "music", kind: "music", source: draft.music.source }
    : { key: "music", kind: "ringback", source: null };
  const places: Step[] =
    draft.places.on && placesSample !== null
      ? [{ key: "places", kind: "places", source: spoken(placesSample, draft.places.voice) }]
      : [];
  const said: Step[] = draft.announcements.on
    ? draft.announcements.list.map(({ key, source }) => ({ key: `announcement-${key}`, kind: "announcement", source }))
    : [];
  const rounds = said.length > 0 ? said.map((one) => [...places, one, between]) : [[...places, between]];
  return [
    ...(draft.greeting.on ? [{ key: "greeting", kind: "greeting", source: draft.greeting.source } as const] : []),
    between,
    ...(said.length + places.length > 0 ? rounds.flat() : []),
    ...(draft.farewell.on ? [{ key: "farewell", kind: "farewell", source: draft.farewell.source } as const] : []),
  ];
}

/** Says whether there is something to play: not a text that is empty, nor a sound that is not chosen. */
export const playable = ({ kind, source }: Pick<Step, "kind" | "source">): boolean =>
  kind === "music" || kind === "ringback" || said(source) !== null;

function said(source: Heard): Heard {
  return source?.kind === "speech" && source.text.trim() === "" ? null : source;
}

/** Says whether two values of the API are the same. */
export const same = (one: unknown, other: unknown): boolean => stable(one) === stable(other);

/** Returns a value as text, with the members of each object in one order. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a.localeCompare(b)))
      : part,
  );
}
