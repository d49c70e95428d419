"""Routing rules, and the trial that says which of them would take a contact."""

from collections.abc import Sequence

from callflow.clock import Clock
from callflow.ids import LinkId, QueueId, RuleId
from callink.links import Links
from conversations.rules.service import Rules, RuleWish
from conversations.rules.values import Arrival, Channel
from conversations.rules.values import Rule as RuleValue
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import SUPERVISOR, SignedIn
from signaling.models.rules import (
    Conditions,
    NewRoutingRule,
    RoutingRule,
    RoutingRuleChange,
    RoutingRules,
    RuleOrder,
    RuleTrial,
    TriedRoute,
    TriedRule,
)
from signaling.views import ref


class RulesApi:
    """Handlers of `/routing-rules`."""

    def __init__(self, rules: Rules, links: Links, clock: Clock) -> None:
        self._rules = rules
        self._links = links
        self._clock = clock

    def register(self, api: Api) -> None:
        """Add the routes."""
        base, tag = "/routing-rules", "routing rules"
        api.get(base, self.list_routing_rules, rule=SUPERVISOR, tag=tag)
        api.post(base, self.create_routing_rule, rule=SUPERVISOR, status=201, tag=tag)
        api.put(f"{base}/order", self.order_routing_rules, rule=SUPERVISOR, tag=tag)
        api.post(f"{base}/trial", self.try_routing_rules, rule=SUPERVISOR, tag=tag)
        api.put(f"{base}/{{rule_id}}", self.change_routing_rule, rule=SUPERVISOR, tag=tag)
        api.delete(f"{base}/{{rule_id}}", self.delete_routing_rule, rule=SUPERVISOR, tag=tag)

    async def list_routing_rules(self) -> list[RoutingRule]:
        """List the rules in the order in which they are asked."""
        return [_shown(rule) for rule in await self._rules.list()]

    async def create_routing_rule(self, who: SignedIn, new: NewRoutingRule) -> RoutingRule:
        """Add a rule after all others."""
        return _shown(await self._rules.create(who.user.actor, _wish(new)))

    async def change_routing_rule(self, who: SignedIn, rule_id: RuleId, change: RoutingRuleChange) -> RoutingRule:
        """Replace a rule; its place stays."""
        with showing_stale(_shown):
            return _shown(await self._rules.change(who.user.actor, rule_id, change.version, _wish(change)))

    async def delete_routing_rule(self, who: SignedIn, rule_id: RuleId) -> None:
        """Delete a rule."""
        await self._rules.delete(who.user.actor, rule_id)

    async def order_routing_rules(self, who: SignedIn, order: RuleOrder) -> RoutingRules:
        """Put the rules into another order; all of them must be named."""
        with showing_stale(_all_shown):
            return _all_shown(await self._rules.reorder(who.user.actor, [RuleId(rule) for rule in order.ids]))

    async def try_routing_rules(self, trial: RuleTrial) -> TriedRoute:
        """Say which rule would take a contact, and why each other one would not; changes nothing."""
        link = await self._links.listed(LinkId(trial.link_id)) if trial.link_id else None
        arrival = Arrival(
            at=trial.at or self._clock.now(),
            channel=Channel.CALL,
            media=trial.media,
            link=link.link.id if link else None,
            label=link.link.label if link else "",
            name=trial.name or None,
            address=trial.address or None,
            city=trial.city or None,
            country=trial.country or None,
        )
        outcome = await self._rules.trial(arrival, QueueId(link.queue.id) if link else None)
        return TriedRoute(
            rule_id=outcome.rule.id if outcome.rule else None,
            queue=ref(outcome.queue),
            priority=outcome.rule.priority if outcome.rule else None,
            tags=[ref(tag) for tag in outcome.rule.tags] if outcome.rule else [],
            tried=[TriedRule(id=rule.id, why_not=why) for rule, why in outcome.tried],
        )


def _wish(new: NewRoutingRule) -> RuleWish:
    return RuleWish(new.name, new.enabled, new.conditions.value(), QueueId(new.queue_id), new.priority, tuple(new.tags))


def _shown(rule: RuleValue) -> RoutingRule:
    return RoutingRule(
        id=rule.id,
        name=rule.name,
        enabled=rule.enabled,
        conditions=Conditions.of(rule.conditions),
        queue=ref(rule.queue),
        priority=rule.priority,
        tags=[ref(tag) for tag in rule.tags],
        version=rule.version,
    )


def _all_shown(rules: Sequence[RuleValue]) -> RoutingRules:
    return RoutingRules(rules=[_shown(rule) for rule in rules])
