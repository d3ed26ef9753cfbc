"""The lessons: questions, exercises that check themselves, and mistakes made on purpose."""

from netsteps.lessons.ask import claim, predict

__all__ = ["claim", "predict"]
