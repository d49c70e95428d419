/** What a routing rule asks and does, in a sentence. */

import type { CallLink, RoutingRule, RuleConditions } from "../../../lib/api/types";
import { t } from "../../text";
import { clock, SHORT_DAYS } from "../queues/hours";

/** Returns each condition of a rule in words; one without any takes every call. */
export function conditionsInWords(wanted: RuleConditions, links: readonly CallLink[]): string[] {
  const named = (wanted.links ?? []).map(
    (id) => links.find((link) => link.id === id)?.label || t("rules.link_unnamed"),
  );
  const { time } = wanted;
  return [
    ...(wanted.media ? [t(`rules.words.${wanted.media}`)] : []),
    ...(named.length > 0 ? [t("rules.words.links", { links: named.join(", ") })] : []),
    ...(wanted.label ? [t("rules.words.label", { text: wanted.label })] : []),
    ...(wanted.customer ?? []).map((test) =>
      t(`rules.words.${test.comparison}`, { attribute: t(`rules.attribute.${test.attribute}`), value: test.value }),
    ),
    ...(time
      ? [
          t("rules.words.time", {
            days: [...time.days]
              .sort()
              .map((day) => SHORT_DAYS[day])
              .join(", "),
            from: clock(time.start),
            to: clock(time.end),
            zone: time.zone.replaceAll("_", " "),
          }),
        ]
      : []),
  ];
}

/** Returns what a rule sets beside the queue. */
export function effectsInWords(rule: RoutingRule): string[] {
  return [
    ...(rule.priority ? [t("rules.words.priority", { priority: t(`conversation.priority.${rule.priority}`) })] : []),
    ...rule.tags.map((tag) => `#${tag.name}`),
  ];
}
