"""The order of the tests."""


def pytest_collection_modifyitems(items):
    """The longest file first: what runs two files at a time has all others beside it."""
    items.sort(key=lambda item: item.path.name != "test_figures.py")
