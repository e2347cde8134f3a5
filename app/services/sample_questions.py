"""Labelled questions on the sample documents: to try a measurement out, and to see what a set looks like."""

from __future__ import annotations

NAME = "sample-questions.csv"
CSV = """\
question,document,page
When does the office in Busan open?,employee-handbook.en.md,
How much notice do I give before taking a day off?,employee-handbook.en.md,
Someone stole my work computer. What now?,employee-handbook.en.md,
May I fly business class to Frankfurt?,employee-handbook.en.md,
The ring on the lamp went red while I was pairing it.,product-faq.en.md,
Is it all right to leave the light on the balcony?,product-faq.en.md,
Who pays the postage when I send a broken lamp back?,product-faq.en.md,
What do we get back when the cloud was down too long?,service-agreement.en.txt,
How soon must we be told about a data leak?,service-agreement.en.txt,
By how much can the price go up each year?,service-agreement.en.txt,
부산 사무소는 몇 시에 여나요?,employee-handbook.ko.md,
아기가 태어나면 며칠 쉴 수 있나요?,employee-handbook.ko.md,
집에서 일하려면 얼마나 다녀야 하나요?,employee-handbook.ko.md,
퇴사하면 교육비를 돌려줘야 하나요?,employee-handbook.ko.md,
스탠드가 뜨거워져서 꺼졌어요.,product-faq.ko.md,
완전히 충전하는 데 얼마나 걸리나요?,product-faq.ko.md,
베란다에서 써도 괜찮을까요?,product-faq.ko.md,
서비스가 자주 끊기면 계약을 끝낼 수 있나요?,service-agreement.ko.txt,
청구서를 늦게 내면 어떻게 되나요?,service-agreement.ko.txt,
고객 정보를 외국 서버에 두어도 되나요?,service-agreement.ko.txt,
"""
