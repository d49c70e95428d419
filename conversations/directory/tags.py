"""Tags: the words that conversations are sorted by (TAG-01)."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import new_id
from conversations.db.database import Write
from conversations.directory.people import fold
from conversations.directory.tables import TagRow
from conversations.directory.values import Named
from conversations.values import clean_line

TAG_LIMIT = 50
"""Characters of one tag."""


async def tags_by_name(write: Write, names: Sequence[str]) -> tuple[Named, ...]:
    """Return the tags of these names, in their order and each once; those that are not there yet are made.

    Raises InvalidError.
    """
    found: dict[str, Named] = {}
    for name in names:
        name = clean_line("tags", name, TAG_LIMIT)
        key = fold(name)[:100]
        row = await write.session.scalar(select(TagRow).where(TagRow.name_key == key))
        if row is None:
            row = TagRow(id=new_id("tag"), name=name, name_key=key)
            write.session.add(row)
            await write.session.flush()
        found[row.id] = Named(row.id, row.name)
    return tuple(found.values())


async def names_of_tags(session: AsyncSession, tags: Collection[str]) -> Mapping[str, str]:
    """Return the names of tags by id."""
    if not tags:
        return {}
    found = await session.execute(select(TagRow.id, TagRow.name).where(TagRow.id.in_(tags)))
    return {row[0]: row[1] for row in found}
