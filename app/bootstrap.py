"""The composition root: settings → container. With its documents part the only file that names concrete adapters."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from dotenv import load_dotenv

from app import settings as settings_module
from app.bootstrap_documents import documents
from app.bootstrap_evaluation import Machinery, evaluation
from app.domain.chat import Provider
from app.domain.documents import PassageStore
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import TokenCounter
from app.domain.store import DatabaseState, DocumentsState
from app.pricing.prices import Prices
from app.pricing.tokens import Tokens
from app.providers.builtin import BuiltinProvider
from app.providers.endpoints import Endpoint, load_endpoints
from app.providers.gguf import GgufProvider
from app.providers.gguf_fetches import Fetches
from app.providers.ollama import OllamaProvider
from app.providers.ollama_host import OllamaHost, parse_host
from app.providers.openai import OpenAIProvider
from app.providers.redaction import scrub
from app.providers.switched_off import SwitchedOff
from app.services.batches.service import Batches
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.directory import Directory
from app.services.comparing.history import History
from app.services.comparing.runs import RunEngine
from app.services.comparing.service import Comparing
from app.services.decision.record import DecisionRecords
from app.services.documents.indexing import Indexing
from app.services.documents.listing import Listing
from app.services.documents.searching import ModelAsker, Searching
from app.services.export.comparisons import Exporting
from app.services.export.training import Training
from app.services.ownership.service import OwnershipService
from app.services.questions.service import QuestionSets
from app.services.rating.importing import VoteImport
from app.services.rating.queueing import RatingQueue
from app.services.rating.voting import RatingService
from app.services.results.service import ResultsService
from app.settings import ROOT, Settings
from storage.comparisons import SqlComparisonStore
from storage.condition import condition
from storage.database import open_database
from storage.owners import Owner, interrupt_the_dead, is_alive
from storage.ratings import SqlRatingStore

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Container:
    """Everything that a page or a command can ask for. `close` at the end.

    The server of `passages` starts at the first call to it, `indexing` or `searching`. Where nobody
    has indexed anything yet, `documents_begun` says so without starting it.
    """

    settings: Settings
    engine: RunEngine
    directory: Directory
    comparing: Comparing
    rating: RatingService
    history: History
    exporting: Exporting
    passages: PassageStore
    indexing: Indexing
    searching: Searching
    documents_begun: Callable[[], bool]
    documents: Callable[[], DocumentsState]
    collections: Listing
    questions: QuestionSets
    batches: Batches
    training: Training
    queue: RatingQueue
    vote_import: VoteImport
    results: ResultsService
    records: DecisionRecords
    ownership: OwnershipService
    fetches: Fetches
    prices: Prices
    tokens: TokenCounter
    gguf: GgufProvider
    owner: Owner
    database: Callable[[], DatabaseState]
    release: Callable[[], None]
    interrupted: int = 0
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Stop what runs and keep what arrived, end child processes, let go of the lock. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.fetches.close()
        self.indexing.close()
        # Before the engine: it would store what is under way as stopped, and it is to be asked again.
        self.batches.close()
        self.engine.close(tuple(self.directory.providers.values()))
        self.gguf.close_now()
        # After the engine: a comparison may have been searching.
        self.passages.close()
        self.owner.release()
        self.release()
        atexit.unregister(self.close)


def build(settings: Settings | None = None) -> Container:
    """Put the application together and start it. Raises UserError for settings that cannot work."""
    if settings is None:
        load_dotenv(ROOT / ".env")
        settings = settings_module.load()
    engine_of_database = open_database(settings.database_url, settings.home)
    comparisons, ratings = SqlComparisonStore(engine_of_database), SqlRatingStore(engine_of_database)
    endpoints = load_endpoints(settings.endpoints_file)
    # An endpoint may keep its key in a variable whose name does not tell that it is one.
    keys = dict.fromkeys(("OPENAI_API_KEY", *(e.api_key_env for e in endpoints if e.api_key_env)))
    settings = replace(settings, key_variables=tuple(keys))
    secrets = settings.secrets()
    prices = Prices(settings.prices_file, {e.name: e.prices_as for e in endpoints if e.prices_as})
    tokens = Tokens()
    answering = Answering(
        prices,
        tokens,
        Patience(settings.first_token_timeout, settings.idle_timeout),
        local_only=settings.local_only,
        scrub=lambda text: scrub(text, secrets),
    )
    gguf = GgufProvider(settings.models_folder, context=settings.gguf_context, idle_unload=settings.gguf_idle_unload)
    providers = _providers(settings, endpoints, gguf)
    owner = Owner.acquire(settings.home)
    interrupted = interrupt_the_dead(comparisons, settings.home)
    engine = RunEngine(answering, comparisons)
    engine.start()
    directory = Directory(providers, engine)
    library = documents(settings, endpoints, tokens, prices, ModelAsker(directory, engine, answering))
    evaluating = evaluation(
        engine_of_database,
        Machinery(
            engine,
            directory,
            tokens,
            prices,
            library.searching.search,
            library.passages.collection,
            owner.id,
            partial(is_alive, settings.home),
        ),
    )
    container = Container(
        settings=settings,
        engine=engine,
        directory=directory,
        comparing=Comparing(
            comparisons,
            engine,
            directory,
            tokens,
            prices,
            owner.id,
            reap=lambda: interrupt_the_dead(comparisons, settings.home),
        ),
        rating=RatingService(comparisons, ratings),
        history=History(comparisons, ratings),
        exporting=Exporting(comparisons, ratings),
        passages=library.passages,
        indexing=library.indexing,
        searching=library.searching,
        documents_begun=library.begun,
        documents=library.condition,
        collections=Listing(library.passages, library.begun),
        questions=evaluating.questions,
        batches=evaluating.batches,
        training=evaluating.training,
        queue=evaluating.queue,
        vote_import=evaluating.vote_import,
        results=evaluating.results,
        records=evaluating.records,
        ownership=evaluating.ownership,
        fetches=Fetches(settings.models_folder, arrived=directory.forget),
        prices=prices,
        tokens=tokens,
        gguf=gguf,
        owner=owner,
        database=lambda: condition(engine_of_database),
        release=engine_of_database.dispose,
        interrupted=interrupted,
    )
    atexit.register(container.close)
    # Token ranks take 0.3 s to read: ready before the first prompt rather than because of it.
    threading.Thread(
        target=tokens.count, args=("", ModelRef("openai", "")), name="understudy-warm", daemon=True
    ).start()
    return container


_shared: Container | None = None
_ended = False
_shared_lock = threading.Lock()


def shared() -> Container:
    """The container of this process, built at the first call: pages, routes and the server share it."""
    global _shared
    with _shared_lock:
        if _ended:
            # A page that was still running when the server ended must not start everything again.
            raise UserError(Message("Understudy is shutting down."), Message("Start it again."))
        if _shared is None or _shared.closed:
            _shared = build()
        return _shared


def close_shared() -> None:
    """Close the process's container for good, if there is one."""
    global _ended
    with _shared_lock:
        _ended = True
        if _shared is not None:
            _shared.close()


def _is_local(host: OllamaHost) -> bool:
    # In a thread: whoever builds the container may have an event loop of its own running.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, host.is_local()).result()


def _key(settings: Settings, variable: str | None) -> Callable[[], str | None]:
    """Reads the key at the moment of use, so that it is kept nowhere."""
    return lambda: settings.secret(variable) if variable else None


def _providers(settings: Settings, endpoints: tuple[Endpoint, ...], gguf: GgufProvider) -> dict[str, Provider]:
    """The providers by name, in the order that pages list them."""
    wait = settings.connect_timeout
    local_only = settings.local_only
    host = parse_host(settings.ollama_host)
    providers: list[Provider] = [
        SwitchedOff("openai")
        if local_only
        else OpenAIProvider(
            "openai",
            base_url=settings.openai_base_url,
            key=_key(settings, "OPENAI_API_KEY"),
            key_variable="OPENAI_API_KEY",
            connect_timeout=wait,
        ),
        SwitchedOff("ollama")
        if local_only and not _is_local(host)
        else OllamaProvider(settings.ollama_host, connect_timeout=wait, api_key=_key(settings, "OLLAMA_API_KEY")),
        gguf,
        *(
            SwitchedOff(e.name)
            if local_only and not e.local
            else OpenAIProvider(
                e.name,
                base_url=e.base_url,
                key=_key(settings, e.api_key_env),
                key_variable=e.api_key_env,
                local=e.local,
                compatible=True,
                connect_timeout=wait,
            )
            for e in endpoints
        ),
        BuiltinProvider(),
    ]
    return {p.name: p for p in providers}
