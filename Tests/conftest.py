"""What the tests in Python have in common."""


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures time, or takes both processors; no other test runs beside it")
