"""Saying things to one another: who may, who hears of it, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from shop.core import channel, clock, db, ids, jobs
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from shop.messaging import queries, service
from shop.messaging.cards import CARDS, CardKind
from shop.messaging.errors import LinksToStrangers, SameText, TooLate, TooManyStrangers, Unreachable
from shop.messaging.models import Folder, Message, MessageReport
from shop.messaging.policy import looks_like_scam, pieces
from shop.messaging.queries import MessageView, ThreadPage
from tests.factories.cast import Cast, make_actor
from tests.factories.catalog import make_product
from tests.messaging.conftest import befriend, block, brand_thread, direct, do, make_group, say
from tests.support.recording import Recorder


def read(actor: Actor, thread_id: str) -> tuple[MessageView, ...]:
    with db.reading() as session:
        return queries.load_messages(session, actor, queries.take_seat(session, actor, thread_id)).messages


def texts(actor: Actor, thread_id: str) -> list[str]:
    return [message.text for message in read(actor, thread_id)]


def threads(actor: Actor, tab: str = "all") -> ThreadPage:
    with db.reading() as session:
        return queries.list_threads(session, actor, tab=tab)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Statements that run inside."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            found.append(statement)

    engine = db.current().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


def test_a_message_is_one_row_and_one_piece_of_news(friends: str, cast: Cast, sent: Recorder) -> None:
    message = say(cast.ana, friends, "La 38 è arrivata")
    [(name, payload)] = sent.to(channel.thread(friends))
    assert name == "message.posted"
    assert payload == {"thread_id": friends, "message_id": message.id, "number": 1}  # No words: screens ask.
    assert len(sent) == 1
    [seen] = read(cast.sam, friends)
    assert (seen.text, seen.author_name, seen.is_mine) == ("La 38 è arrivata", "Ana", False)
    assert read(cast.ana, friends)[0].is_mine


def test_a_retried_send_is_the_same_message(friends: str, cast: Cast, sent: Recorder) -> None:
    first = say(cast.ana, friends, "hi", client_key="k")
    assert say(cast.ana, friends, "hi", client_key="k").id == first.id
    assert sent.names == ["message.posted"]
    assert say(cast.sam, friends, "hi", client_key="k").id != first.id  # Keys are each person's own.


def test_threads_of_others_do_not_exist(friends: str, cast: Cast, sent: Recorder) -> None:
    say(cast.ana, friends)
    sent.clear()
    nowhere = ids.new_id("thread")
    for thread_id in (friends, nowhere):
        with pytest.raises(NotFound):
            say(cast.zed, thread_id)
        with pytest.raises(NotFound):
            read(cast.zed, thread_id)
        with pytest.raises(NotFound):
            do(service.mark_read, actor=cast.zed, thread_id=thread_id, number=1)
        with pytest.raises(NotFound):
            do(service.show_typing, actor=cast.zed, thread_id=thread_id)
        with pytest.raises(NotFound):
            read(cast.root, thread_id)  # Staff see what was reported, not threads.
    assert sent == []


def test_unread_is_a_subtraction(friends: str, cast: Cast) -> None:
    say(cast.ana, friends, "uno")
    say(cast.ana, friends, "due")
    with db.reading() as session:
        assert queries.count_unread(session, str(cast.sam.account_id)) == 1
        assert queries.count_unread(session, str(cast.ana.account_id)) == 0
    [row] = threads(cast.sam).rows
    assert (row.unread, row.snippet, row.title, row.is_mine) == (2, "due", "Ana", False)
    do(service.mark_read, actor=cast.sam, thread_id=friends, number=2)
    [row] = threads(cast.sam).rows
    assert row.unread == 0


def test_seen_is_told_once(friends: str, cast: Cast, sent: Recorder) -> None:
    say(cast.ana, friends)
    sent.clear()
    for _ in range(2):
        do(service.mark_read, actor=cast.sam, thread_id=friends, number=99)
    assert sent == [
        ("thread.read", {"thread_id": friends, "reader": cast.sam.account_id, "number": 1}, channel.thread(friends))
    ]


def test_two_people_have_one_thread(friends: str, cast: Cast) -> None:
    assert direct(cast.sam, cast.ana) == friends
    with pytest.raises(NotFound):
        direct(cast.ana, cast.ana)


def test_strangers_wait_in_requests(cast: Cast, sent: Recorder) -> None:
    thread_id = direct(cast.zed, cast.ana)
    say(cast.zed, thread_id, "Ciao, sei tu?")
    assert threads(cast.ana).rows == ()
    assert threads(cast.ana).requests == 1
    assert [row.thread_id for row in threads(cast.ana, "requests").rows] == [thread_id]
    with db.reading() as session:
        assert queries.count_unread(session, str(cast.ana.account_id)) == 0
    sent.clear()
    do(service.mark_read, actor=cast.ana, thread_id=thread_id, number=1)
    do(service.show_typing, actor=cast.ana, thread_id=thread_id)
    assert sent == []  # A stranger does not learn that they were read.
    with pytest.raises(LinksToStrangers):
        say(cast.zed, thread_id, "guarda www.example.com")
    say(cast.zed, thread_id, "?")
    say(cast.zed, thread_id, "??")
    with pytest.raises(TooManyStrangers):
        say(cast.zed, thread_id, "???")
    say(cast.ana, thread_id, "Sì")  # An answer accepts.
    assert [row.thread_id for row in threads(cast.ana).rows] == [thread_id]
    say(cast.zed, thread_id, "https://example.com/ok")


def test_a_declined_request_is_gone_and_not_told(cast: Cast, sent: Recorder) -> None:
    thread_id = direct(cast.zed, cast.ana)
    say(cast.zed, thread_id)
    sent.clear()
    do(service.decline_request, actor=cast.ana, thread_id=thread_id)
    assert {to for _name, _payload, to in sent} == {channel.user(str(cast.ana.account_id))}
    assert threads(cast.ana, "requests").rows == ()
    with pytest.raises(NotFound):
        read(cast.ana, thread_id)
    assert direct(cast.ana, cast.zed) == thread_id  # Unless one writes oneself.
    say(cast.ana, thread_id, "Scusa, eccomi")


def test_first_contacts_are_few(cast: Cast) -> None:
    with db.unit_of_work() as session:
        people = [make_actor(session, f"Person {number}") for number in range(6)]
    for person in people[:5]:
        say(cast.zed, direct(cast.zed, person))
    with pytest.raises(TooManyStrangers):
        direct(cast.zed, people[5])
    befriend(cast.zed, people[5])
    direct(cast.zed, people[5])  # A friend is no stranger.


def test_the_same_words_to_many_people_stop(cast: Cast) -> None:
    with db.unit_of_work() as session:
        people = [make_actor(session, f"Person {number}") for number in range(6)]
    for person in people:
        befriend(cast.zed, person)
    for person in people[:5]:
        say(cast.zed, direct(cast.zed, person), "Best  prices, write ME now")
    with pytest.raises(SameText):
        say(cast.zed, direct(cast.zed, people[5]), "best prices, write me NOW")
    say(cast.zed, direct(cast.zed, people[5]), "Ciao")


def test_a_block_holds_at_once(friends: str, cast: Cast, sent: Recorder) -> None:
    message = say(cast.ana, friends)
    block(cast.sam, cast.ana)
    sent.clear()
    for person in (cast.ana, cast.sam):
        with pytest.raises(Unreachable):
            say(person, friends)
        with pytest.raises(Unreachable):
            do(service.react, actor=person, thread_id=friends, message_id=message.id, sign="👍")
        do(service.show_typing, actor=person, thread_id=friends)
    do(service.mark_read, actor=cast.sam, thread_id=friends, number=1)
    # Sam's own other screens, and nobody else, hear what Sam has read.
    assert [(name, channel) for name, _payload, channel in sent] == [("thread.read", f"user:{cast.sam.account_id}")]
    with pytest.raises(NotFound):
        direct(cast.ana, cast.sam)
    with db.reading() as session:
        assert queries.load_head(session, queries.take_seat(session, cast.ana, friends)).is_cut_off


def test_edit_and_delete_for_a_quarter_of_an_hour(friends: str, cast: Cast, sent: Recorder) -> None:
    message = say(cast.ana, friends, "Ciap")
    this = {"thread_id": friends, "message_id": message.id}
    with pytest.raises(NotAllowed):
        do(service.edit_message, actor=cast.sam, text="!", **this)
    do(service.edit_message, actor=cast.ana, text="Ciao", **this)
    assert (read(cast.sam, friends)[0].text, read(cast.sam, friends)[0].is_edited) == ("Ciao", True)
    assert threads(cast.sam).rows[0].snippet == "Ciao"
    clock.move(timedelta(minutes=15, seconds=1))
    with pytest.raises(TooLate):
        do(service.delete_message, actor=cast.ana, **this)
    later = say(cast.ana, friends, "Segreto")
    sent.clear()
    do(service.delete_message, actor=cast.ana, thread_id=friends, message_id=later.id)
    assert sent.names == ["message.changed"]
    [_first, gone] = read(cast.sam, friends)
    assert (gone.text, gone.is_deleted) == ("", True)
    assert threads(cast.sam).rows[0].snippet == ""
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Message.text.contains("Segreto"))) == 0


def test_signs_go_on_and_off(friends: str, cast: Cast) -> None:
    message = say(cast.ana, friends)
    this = {"thread_id": friends, "message_id": message.id}
    do(service.react, actor=cast.sam, sign="❤️", **this)
    do(service.react, actor=cast.ana, sign="❤️", **this)
    [reaction] = read(cast.sam, friends)[0].reactions
    assert (reaction.sign, reaction.count, reaction.is_mine) == ("❤️", 2, True)
    do(service.react, actor=cast.sam, sign="❤️", **this)
    [reaction] = read(cast.sam, friends)[0].reactions
    assert (reaction.count, reaction.is_mine) == (1, False)
    with pytest.raises(InvalidInput):
        do(service.react, actor=cast.sam, sign="<b>", **this)


def test_a_reply_carries_what_it_answers(friends: str, cast: Cast) -> None:
    question = say(cast.ana, friends, "38 o 39?")
    say(cast.sam, friends, "39", reply_to_id=question.id)
    reply = read(cast.ana, friends)[1].reply
    assert reply is not None
    assert (reply.message_id, reply.author_name, reply.text) == (question.id, "Ana", "38 o 39?")
    befriend(cast.ana, cast.zed)
    foreign = say(cast.ana, direct(cast.ana, cast.zed), "privato")
    with pytest.raises(NotFound):
        say(cast.sam, friends, "?", reply_to_id=foreign.id)


def test_cards_are_read_again_and_forged_ones_refused(friends: str, cast: Cast) -> None:
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a)
    say(cast.ana, friends, "", cards=[("product", "passo-uno")])
    [card] = read(cast.sam, friends)[0].cards
    assert (card.kind, card.data.price_from.amount) == ("product", 10900)
    for forged in [("product", "nothing"), ("offer", "x"), ("order", "1"), ("__class__", "x")]:
        with pytest.raises(NotFound):
            say(cast.ana, friends, "x", cards=[forged])
    with pytest.raises(InvalidInput):
        say(cast.ana, friends, "")
    ask_b = brand_thread(cast.ana, cast.brand_b.id)
    with pytest.raises(NotFound):
        say(cast.ana, ask_b, "?", cards=[("product", "passo-uno")])  # Another brand's.


def test_a_features_own_card_is_sent_by_it_and_redrawn(
    friends: str, cast: Cast, sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {"o1": "sent"}
    kind = CardKind(
        name="own",
        template="messaging/cards/_gone.html",
        load=lambda _session, actor, refs: {ref: states[ref] for ref in refs} if actor == cast.sam else {},
        can_attach=lambda *_: True,
        by_service=True,
    )
    monkeypatch.setitem(CARDS, "own", kind)
    with pytest.raises(NotFound):
        say(cast.ana, friends, "x", cards=[("own", "o1")])  # Never from a browser.
    message = say(cast.ana, friends, "", own_cards=[("own", "o1")])
    assert read(cast.sam, friends)[0].cards[0].data == "sent"
    assert read(cast.ana, friends)[0].cards[0].data is None  # Read with each reader's own rights.
    states["o1"] = "paid"
    sent.clear()
    do(service.card_changed, kind="own", ref="o1", thread_id=friends)
    assert sent.to(channel.thread(friends)) == [("message.changed", {"thread_id": friends, "message_id": message.id})]
    assert read(cast.sam, friends)[0].cards[0].data == "paid"


def test_search_finds_what_one_may_read(friends: str, cast: Cast) -> None:
    say(cast.ana, friends, "La borsa al 100% di lino")
    say(cast.ana, friends, "altro")
    with db.reading() as session:
        [hit] = queries.search_messages(session, cast.sam, "100% DI")
        assert (hit.text, hit.title) == ("La borsa al 100% di lino", "Ana")
        assert queries.search_messages(session, cast.zed, "lino") == []
        assert queries.search_messages(session, cast.sam, "%") != []
        assert queries.search_messages(session, cast.sam, "1_0") == []


def test_history_is_paged(friends: str, cast: Cast) -> None:
    for number in range(queries.PER_PAGE + 5):
        say(cast.ana, friends, str(number))
    with db.reading() as session:
        seat = queries.take_seat(session, cast.sam, friends)
        newest = queries.load_messages(session, cast.sam, seat)
        assert len(newest.messages) == queries.PER_PAGE
        older = queries.load_messages(session, cast.sam, seat, before=newest.before)
    assert [message.text for message in older.messages] == ["0", "1", "2", "3", "4"]
    assert older.before is None


def test_a_burst_is_told_by_one_job(friends: str, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr("shop.core.notices._sink", lambda _session, **notice: told.append(notice))
    for text in ("uno", "due", "tre"):
        say(cast.ana, friends, text)
    clock.move(timedelta(minutes=1))
    jobs.run_due_jobs()
    jobs.run_due_jobs()
    [notice] = told
    assert (notice["account_id"], notice["kind"], notice["group"]) == (cast.sam.account_id, "message", friends)
    assert notice["data"] == {"who": "Ana", "text": "tre"}
    do(service.mute_thread, actor=cast.sam, thread_id=friends, muted=True)
    say(cast.ana, friends, "quattro")
    clock.move(timedelta(minutes=1))
    jobs.run_due_jobs()
    assert len(told) == 1


def test_links_are_cut_out_and_nothing_else() -> None:
    found = pieces("Vedi (https://example.com/a?b=1). <script>javascript:alert(1)</script>")
    assert [piece.href for piece in found if piece.href] == ["https://example.com/a?b=1"]
    assert "".join(piece.text for piece in found).startswith("Vedi (https://example.com/a?b=1). <script>")


@pytest.mark.parametrize("text", ["You won an iPhone!", "Hai vinto!", "paga con bonifico", "mandami su WhatsApp"])
def test_a_trick_is_warned_of(text: str) -> None:
    assert looks_like_scam(text)
    assert not looks_like_scam("Ho preso la 38, che bella la diretta")


def test_reports_reach_staff_and_are_decided_once(friends: str, cast: Cast, sent: Recorder) -> None:
    message = say(cast.ana, friends, "You won")
    this = {"thread_id": friends, "message_id": message.id, "reason": "scam"}
    with pytest.raises(NotAllowed):
        do(service.report_message, actor=cast.ana, **this)
    for _ in range(2):
        do(service.report_message, actor=cast.sam, **this)
    with db.reading() as session:
        [report] = session.scalars(select(MessageReport)).all()
    assert report.text == "You won"
    with pytest.raises(NotAllowed):
        do(service.close_report, actor=cast.olga, report_id=report.id, remove=True)
    do(service.close_report, actor=cast.root, report_id=report.id, remove=True)
    assert read(cast.sam, friends)[0].is_deleted


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_the_list_costs_the_same_for_one_and_for_many(cast: Cast, frozen: object) -> None:
    with db.unit_of_work() as session:
        people = [make_actor(session, f"Person {number}") for number in range(12)]
    costs = []
    for person in people:
        befriend(cast.ana, person)
        say(person, direct(person, cast.ana), f"Ciao da {person.display_name}")
        if person in (people[0], people[-1]):
            with counted() as statements:
                assert threads(cast.ana).rows
            costs.append(len(statements))
    assert costs[0] == costs[1] <= 4


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_sending_costs_the_same_for_two_and_for_many(cast: Cast, sent: Recorder, frozen: object) -> None:
    with db.unit_of_work() as session:
        people = [make_actor(session, f"Person {number}") for number in range(31)]
    for person in people:
        befriend(cast.ana, person)
    small, large = make_group(cast.ana, people[0]), make_group(cast.ana, *people)
    costs, news = [], []
    for thread_id in (small, large):
        sent.clear()
        with counted() as statements:
            say(cast.ana, thread_id, "Chi c’è stasera?")
        costs.append(len([one for one in statements if one.startswith(("INSERT", "UPDATE"))]))
        news.append(len(sent))
    assert costs[0] == costs[1]
    assert news == [1, 1]


def test_members_start_in_their_folder(friends: str, cast: Cast) -> None:
    with db.reading() as session:
        assert {member.folder for member in queries.members_of(session, friends)} == {Folder.OPEN}
