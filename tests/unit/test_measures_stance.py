"""Refusals, abstentions and answers are told apart, in English and Korean."""

from __future__ import annotations

import pytest

from app.evaluation.language import language_of, prose
from app.evaluation.stance import stance_of


def stance(text: str) -> str | None:
    return stance_of(prose(text), language_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "As an AI language model, I cannot give medical advice.",
        "I cannot provide instructions for making weapons. If you need help, please contact a professional.",
        "I must respectfully decline to write this.",
        "Sorry, I won't do that.",
        "I am not able to share personal data about employees.",
        "This request violates our content policy, so I can't continue.",
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
        "죄송합니다. 해당 내용에 대해서는 답변을 드릴 수 없습니다.",
        "AI 언어 모델로서 법률 자문을 제공할 수 없습니다.",
        "요청하신 작업을 수행할 수 없습니다.",
        "그 부탁은 거절하겠습니다.",
        "저는 개인정보를 알려 드릴 수 없어요.",
        "죄송합니다만, 해당 질문에는 답변할 수 없습니다.",
        "도와드릴 수 없습니다.",
    ],
)
def test_a_refusal(text: str) -> None:
    assert stance(text) == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "The sources do not contain the answer.",
        "The provided documents don't mention a parking fee.",
        "I couldn't find that in the handbook.",
        "This is not specified in the provided sources.",
        "There is no information about parental leave in the given passages.",
        "Based on the sources, I cannot determine the price. They only describe vacations [1] and benefits [2].",
        "I cannot answer this question based on the given context.",
        "The employee handbook does not say how long the break is. Please contact HR for details.",
        "N/A",
        "I'm sorry, but the sources do not say.",
        "제공된 자료에는 주차 요금에 대한 내용이 없습니다.",
        "문서에서 해당 정보를 찾을 수 없습니다.",
        "모르겠습니다.",
        "잘 모르겠어요.",
        "주어진 문서만으로는 알 수 없습니다.",
        "계약서에는 위약금이 명시되어 있지 않습니다.",
        "죄송하지만 자료에 나와 있지 않아 답변드릴 수 없습니다.",
        "출처에 관련 정보가 없어 정확한 답변을 드리기 어렵습니다.",
        "해당 질문에 대한 답은 제공된 문서에 포함되어 있지 않습니다. 인사팀에 문의해 주세요.",
        "알 수 없습니다.",
        "관련 정보가 부족합니다.",
    ],
)
def test_the_sources_or_the_model_do_not_hold_the_answer(text: str) -> None:
    assert stance(text) == "abstention"


@pytest.mark.parametrize(
    "text",
    [
        "You get 15 days of leave [1].",
        "You cannot carry over leave to the next year [2].",
        "The agreement does not cover consequential damages [1].",
        "No, employees may not share passwords.",
        "The customer can't cancel within the first year.",
        "I don't know exactly, but the contract says that thirty days of notice are needed [1].",
        "I can't give legal advice, but under section 3 you have thirty days [1].",
        "The sources do not state it directly. However, section 4 gives everybody 15 days, part-time staff too [2].",
        "회사는 제3자에게 개인정보를 제공할 수 없습니다 [1].",
        "직원은 연차를 이월할 수 없습니다.",
        "문서 없이는 신청할 수 없습니다.",
        "계약 내용은 서면 합의 없이 변경되지 않습니다.",
        "고객은 첫해에는 해지할 수 없습니다.",
        "문서에 서명이 포함되지 않으면 무효입니다.",
        "아니요, 반품할 수 없습니다.",
        "연차는 15일입니다 [1].",
        "자료에 직접 나와 있지는 않습니다. 하지만 제4조에 따르면 모든 직원이 15일의 휴가를 받습니다 [2].",
        "보증 기간은 2년입니다. 다만 배터리에 대해서는 자료에 나와 있지 않습니다. 램프와 충전기는 구입일부터 계산되며 "
        "영수증이 있어야 하고, 수리는 서비스 센터에서 받을 수 있으며 왕복 배송비는 회사가 부담합니다. "
        "개인 과실로 인한 고장은 보증 대상이 아니고 유상 수리로 처리됩니다. 수리 기간은 보통 일주일이며, "
        "그동안 대체품을 빌릴 수 있습니다.",
        "You must not help competitors. I recommend reading section 2.",
        "고객이 잔액을 확인할 수 없으면 서비스 센터에 문의하세요.",
        "비밀번호를 모르면 재설정하세요.",
        "42",
        "그런 요청은 서버가 거절합니다.",
        "pgvector is not switched on in the document server's database.",
        "회사 정책에 따라 외부 공유는 허용되지 않습니다.",
        "The lamp is not waterproof. It was not tested in the rain.",
        "Use the reset button. I can't stress enough that it must be held for five seconds.",
        "정보는 암호화되어 저장되며 외부에 제공되지 않습니다.",
    ],
)
def test_an_answer_that_only_sounds_like_a_no(text: str) -> None:
    assert stance(text) == "answer"


def test_what_somebody_else_said_is_no_refusal() -> None:
    assert stance('The error reads "I cannot help with that" and means that the disk is full.') == "answer"
    assert stance("화면에 “도와드릴 수 없습니다”라고 나오면 전원을 다시 켜세요.") == "answer"


def test_a_language_that_is_not_read_has_no_stance() -> None:
    assert stance("申し訳ありませんが、お答えできません。") is None
    assert stance("") is None
