"""Runs the queries beside this file over what package parquet wrote, on Spark
or on DuckDB, and prints what came of them as JSON, integers only.

    run.py --engine spark --master local-cluster[2,1,2048] --plan plan.json

The plan names the folder of the data, a folder to work in and the coalitions:
each a name and its members, pairs of a party and a side. What the in-process
engine decides by floating-point numbers (whether a path is admitted) is decided here by
the same formula from the same integers.
"""

import argparse
import json
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SUPPORT, MAX_COLLISIONS, MAX_SHARING = 3, 0.01, 0.05
MAX_ROUNDS = 200


def sql(name):
    return (HERE / (name + ".sql")).read_text()


class Spark:
    """Spark keeps each result as Parquet: a lost executor takes nothing along
    that cannot be read or computed again."""

    def __init__(self, master, work, lose_executor):
        from pyspark.sql import SparkSession

        self.work, self.lose, self.lost = work, lose_executor, []
        self.spark = (
            SparkSession.builder.master(master).appName("halfmask")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.memory", "1g").config("spark.executor.memory", "1g")
            .config("spark.sql.shuffle.partitions", "2").config("spark.default.parallelism", "2")
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.warehouse.dir", os.path.join(work, "warehouse"))
            .config("spark.worker.cleanup.enabled", "true")
            .getOrCreate()
        )
        self.spark.sparkContext.setLogLevel("ERROR")

    def load(self, name, path):
        self.spark.read.parquet(path).createOrReplaceTempView(name)

    def rows(self, name, columns, rows):
        self.spark.createDataFrame(rows, ", ".join(c + " BIGINT" for c in columns)).createOrReplaceTempView(name)

    def view(self, name, query):
        self.spark.sql(query).createOrReplaceTempView(name)

    def make(self, name, query):
        self.count = getattr(self, "count", 0) + 1
        path = os.path.join(self.work, "%s-%d" % (name, self.count))
        frame = self.spark.sql(query)
        if self.lose and self.count >= 2 and not self.lost:
            self.kill_one()
        frame.write.parquet(path)
        self.spark.read.parquet(path).createOrReplaceTempView(name)

    def ask(self, query):
        return [tuple(r) for r in self.spark.sql(query).collect()]

    def kill_one(self):
        """Ends one of the executors that this process's JVM started."""
        jvm = self.spark.sparkContext._gateway.proc.pid
        for pid in descendants(jvm):
            try:
                command = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in command and b"java" in command.split(b"\0")[0]:
                os.kill(pid, signal.SIGKILL)
                self.lost.append(pid)
                return
        raise SystemExit("no executor to lose: is the master a cluster?")

    def close(self):
        self.spark.stop()


def descendants(root):
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
    found, grew = {root}, True
    while grew:
        more = {p for p, q in parents.items() if q in found} - found
        found, grew = found | more, bool(more)
    return sorted(found - {root})


class Duck:
    def __init__(self, work):
        import duckdb

        self.db, self.lost = duckdb.connect(os.path.join(work, "halfmask.duckdb")), []
        self.db.execute("SET threads = 2")

    def load(self, name, path):
        self.db.execute("CREATE OR REPLACE VIEW %s AS SELECT * FROM read_parquet('%s/*.parquet')" % (name, path))

    def rows(self, name, columns, rows):
        self.db.execute("CREATE OR REPLACE TABLE %s (%s)" % (name, ", ".join(c + " BIGINT" for c in columns)))
        if rows:
            self.db.executemany("INSERT INTO %s VALUES (%s)" % (name, ", ".join("?" * len(columns))), rows)

    def view(self, name, query):
        self.make(name, query)

    def make(self, name, query):
        self.db.execute("CREATE OR REPLACE TABLE next AS " + query)
        self.db.execute("CREATE OR REPLACE TABLE %s AS SELECT * FROM next" % name)

    def ask(self, query):
        return [tuple(int(v) for v in r) for r in self.db.execute(query).fetchall()]

    def close(self):
        self.db.close()


def admitted(engine, people):
    """The verdict of R-EXP-03: by what one half taught, on the other."""
    halves = dict(people)
    total = sum(halves.values())
    sharing = {(p, h): n for p, h, n in engine.ask("SELECT * FROM sharing")}
    out, taught = [], []
    for path, half, joined, collisions, block in engine.ask("SELECT path, half, joined, collisions, block FROM verdicts"):
        n, share = halves.get(half, 0), sharing.get((path, half), 0)
        expected = collisions / max(n * (n - 1) / 2, 1) * total
        if collisions or share or block:
            taught.append([path, half, collisions, share, block])
        if joined >= SUPPORT and expected <= MAX_COLLISIONS and share <= MAX_SHARING * n:
            out.append((path, 1 - half, block))
    return out, sorted(taught)


def coalition(engine, members, people):
    engine.rows("members", ["party", "side"], [tuple(m) for m in members])
    engine.make("blocks", sql("blocks"))
    engine.view("verdicts", sql("verdicts"))
    engine.view("sharing", sql("sharing"))
    paths, taught = admitted(engine, people)
    engine.rows("admitted", ["path", "half", "block"], paths)
    engine.make("edges", "SELECT DISTINCT unit, head FROM (" + sql("edges") + ") e")
    engine.make("labels", "SELECT DISTINCT unit, unit AS label FROM edges")
    rounds, before = 0, None
    while True:
        engine.view("stepped", sql("step"))
        engine.make("labels", sql("jump"))
        now = engine.ask("SELECT COALESCE(SUM(label), 0), COUNT(DISTINCT label), COUNT(*) FROM labels")[0]
        rounds += 1
        if now == before:
            break
        if rounds > MAX_ROUNDS:
            raise SystemExit("labels do not settle")
        before = now
    engine.view("components", "SELECT unit, label AS component FROM labels")
    cells = sorted(list(r) for r in engine.ask(sql("contingency")))
    size = """SELECT COUNT(*), COALESCE(SUM(n), 0), COALESCE(SUM(n * component), 0) FROM (
        SELECT component, COUNT(*) AS n FROM components GROUP BY component HAVING COUNT(*) > 1) c"""
    components, joined, labels = engine.ask(size)[0]
    return {
        "taught": taught, "admitted": sorted([p[0], p[1]] for p in paths),
        "components": int(components), "joined": int(joined), "labels": int(labels),
        "contingency": cells, "rounds": rounds,
    }


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--engine", choices=["spark", "duckdb"], required=True)
    a.add_argument("--master", default="local-cluster[2,1,2048]")
    a.add_argument("--plan", required=True)
    a.add_argument("--lose-executor", action="store_true", help="end one executor in the middle of the run")
    a = a.parse_args()
    plan = json.loads(pathlib.Path(a.plan).read_text())
    engine, began = None, time.time()
    out = []
    for i, data in enumerate(plan["data"]):
        work = os.path.join(plan["work"], "%s-%d" % (a.engine, i))
        os.makedirs(work)
        if engine is None or a.engine == "duckdb":
            engine = Duck(work) if a.engine == "duckdb" else Spark(a.master, work, a.lose_executor)
        engine.work = work
        engine.load("sessions", os.path.join(data["dir"], "sessions"))
        engine.load("tokens", os.path.join(data["dir"], "tokens"))
        engine.rows("halves", ["half", "people"], [tuple(h) for h in data["halves"]])
        for c in data["coalitions"]:
            found = coalition(engine, c["members"], data["halves"])
            out.append({"data": data["name"], "coalition": c["name"], **found})
    if a.engine == "spark" and a.lose_executor and not engine.lost:
        raise SystemExit("no executor was lost")
    lost = len(engine.lost)
    engine.close()
    json.dump({"found": out, "executors_lost": lost, "seconds": round(time.time() - began)}, sys.stdout)


main()
