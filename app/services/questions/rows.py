"""From rows as they were written to questions, and to what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.questions import Question
from app.domain.sentences import clean
from app.services.questions.columns import Problem, Raw
from app.services.questions.languages import language_tag
from app.services.questions.values import LONGEST_LABEL, label, prose, targets_of, text_of, yes


class Questions:
    """Rows put together to questions; rows with the same question are one with several targets."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.dropped = 0
        self._questions: list[Question] = []
        self._rows: list[int] = []
        self._titles: list[str] = []
        self._by_text: dict[str, int] = {}
        self._by_key: dict[str, int] = {}
        self._categories: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._questions)

    def add(self, raw: Raw) -> None:
        """Take the row, or note what is wrong with it."""
        try:
            self._take(raw, self._read(raw))
        except UserError as error:
            self.problems.append(Problem.of(raw.row, error))
        else:
            self.dropped += sum(clean(value)[1] for value in raw.fields.values() if isinstance(value, str))

    def all(self) -> tuple[Question, ...]:
        """In the order of the file. One without an id has its title where no other has the same, else its number."""
        taken = {question.key for question in self._questions}
        titles = Counter(self._titles)
        found = []
        for n, (question, title) in enumerate(zip(self._questions, self._titles, strict=True), start=1):
            key = question.key
            if not key:
                key = title if title and titles[title] == 1 and title not in taken else str(n)
                while key in taken:
                    key += "′"
                taken.add(key)
            found.append(replace(question, key=key))
        return tuple(found)

    def _read(self, raw: Raw) -> Question:
        fields = raw.fields
        text = prose(fields.get("question"), Message("question"))
        if not text:
            raise UserError(Message("It has no question."), Message("Write one, or delete the row."))
        category = label(fields.get("category"), Message("category"))
        return Question(
            key=label(fields.get("key"), Message("id")),
            text=text,
            reference=text_of(fields.get("reference"), Message("reference answer")),
            targets=targets_of(fields),
            # “FAQ” and “faq” are one category, or each would have half of the votes.
            category=self._categories.get(category.casefold(), category),
            language=language_tag(label(fields.get("language"), Message("language"))),
            wants_json=yes(fields.get("wants_json")),
        )

    def _take(self, raw: Raw, question: Question) -> None:
        same = " ".join(question.text.split())
        if (place := self._by_text.get(same)) is not None:
            self._further_target(place, question)
            return
        if question.key and (before := self._by_key.get(question.key)) is not None:
            raise UserError(
                Message("The id “{id}” is that of row {row} already.", id=question.key, row=self._rows[before]),
                Message("Give each question an id of its own, or leave the column out."),
            )
        place = len(self._questions)
        self._by_text[same] = place
        if question.key:
            self._by_key[question.key] = place
        self._categories.setdefault(question.category.casefold(), question.category)
        title = raw.fields.get("description")
        self._titles.append(" ".join(clean(title)[0].split())[:LONGEST_LABEL] if isinstance(title, str) else "")
        self._questions.append(question)
        self._rows.append(raw.row)

    def _further_target(self, place: int, question: Question) -> None:
        """The question is here already. Raises UserError unless this row only says where else it is answered."""
        known = self._questions[place]
        fresh = tuple(target for target in question.targets if target not in known.targets)
        repeats = (
            question.key in ("", known.key)
            and question.reference in ("", known.reference)
            and question.category in ("", known.category)
            and question.language in ("", known.language)
        )
        if not (fresh and repeats and known.targets):
            raise UserError(
                Message("It asks the same as row {row}.", row=self._rows[place]),
                Message("Take one of them out: a batch asks a question several times when it is told to."),
            )
        self._questions[place] = replace(known, targets=known.targets + fresh)
