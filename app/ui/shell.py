"""The script that Streamlit runs for every page: the frame, the navigation, the language switch."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Under AppTest this file is the entry, and our packages are not on the path yet.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from app.ui import cookies  # noqa: E402
from app.ui.text import language_switch, t  # noqa: E402

HERE = Path(__file__).resolve().parent


def main() -> None:
    st.set_page_config(page_title="Understudy", page_icon=HERE / "assets" / "icon.svg", layout="wide")
    for sheet in (
        "style.css",
        "answer.css",
        "documents.css",
        "questions.css",
        "batches.css",
        "rate.css",
        "results.css",
        "verdict.css",
    ):
        st.html(HERE / sheet)
    st.logo(str(HERE / "assets" / "logo.svg"), icon_image=str(HERE / "assets" / "icon.svg"))
    pages = ROOT / "pages"
    page = st.navigation(
        {
            "": [
                st.Page(pages / "compare.py", title=t("Compare"), icon=":material/compare_arrows:", default=True),
                st.Page(pages / "history.py", title=t("History"), icon=":material/history:", url_path="history"),
            ],
            t("Documents"): [
                st.Page(
                    pages / "documents.py",
                    title=t("Documents"),
                    icon=":material/library_books:",
                    url_path="documents",
                ),
                st.Page(pages / "search.py", title=t("Search"), icon=":material/manage_search:", url_path="search"),
            ],
            t("Evaluate"): [
                st.Page(pages / "questions.py", title=t("Questions"), icon=":material/quiz:", url_path="questions"),
                st.Page(pages / "batches.py", title=t("Batches"), icon=":material/playlist_play:", url_path="batches"),
                st.Page(pages / "rate.py", title=t("Rate"), icon=":material/how_to_vote:", url_path="rate"),
                st.Page(pages / "results.py", title=t("Results"), icon=":material/insights:", url_path="results"),
                st.Page(pages / "verdict.py", title=t("Verdict"), icon=":material/gavel:", url_path="verdict"),
                st.Page(
                    pages / "ownership.py",
                    title=t("Cost of ownership"),
                    icon=":material/savings:",
                    url_path="ownership",
                ),
            ],
        },
        position="top",
    )
    language_switch()
    page.run()
    cookies.flush()


main()
