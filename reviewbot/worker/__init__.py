"""The engine: Celery tasks around the job table, and the processes and threads that run them."""
