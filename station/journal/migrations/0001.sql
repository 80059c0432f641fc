-- Schema 1. Frozen: a change takes a new file with the next number.

CREATE TABLE dose_rate (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    gross_nsv_h REAL,
    u_nsv_h REAL,
    u_counting_nsv_h REAL,
    u_calibration_nsv_h REAL,
    low_nsv_h REAL,
    high_nsv_h REAL,
    background_nsv_h REAL,
    u_background_nsv_h REAL,
    net_nsv_h REAL,
    decision_threshold_nsv_h REAL,
    significance REAL,
    counts INTEGER,
    live_s REAL,
    count_rate_cps REAL,
    reported_nsv_h REAL,
    completeness REAL NOT NULL,
    samples INTEGER NOT NULL
) STRICT;
CREATE INDEX dose_rate_by_time ON dose_rate (instrument, end_ns);
CREATE INDEX dose_rate_supersedes ON dose_rate (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE dose_rate_1m (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    gross_nsv_h REAL,
    u_nsv_h REAL,
    u_counting_nsv_h REAL,
    u_calibration_nsv_h REAL,
    low_nsv_h REAL,
    high_nsv_h REAL,
    background_nsv_h REAL,
    u_background_nsv_h REAL,
    net_nsv_h REAL,
    decision_threshold_nsv_h REAL,
    significance REAL,
    counts INTEGER,
    live_s REAL,
    count_rate_cps REAL,
    reported_nsv_h REAL,
    completeness REAL NOT NULL,
    samples INTEGER NOT NULL
) STRICT;
CREATE INDEX dose_rate_1m_by_time ON dose_rate_1m (instrument, end_ns);
CREATE INDEX dose_rate_1m_supersedes ON dose_rate_1m (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE dose_rate_10m (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    gross_nsv_h REAL,
    u_nsv_h REAL,
    u_counting_nsv_h REAL,
    u_calibration_nsv_h REAL,
    low_nsv_h REAL,
    high_nsv_h REAL,
    background_nsv_h REAL,
    u_background_nsv_h REAL,
    net_nsv_h REAL,
    decision_threshold_nsv_h REAL,
    significance REAL,
    counts INTEGER,
    live_s REAL,
    count_rate_cps REAL,
    reported_nsv_h REAL,
    completeness REAL NOT NULL,
    samples INTEGER NOT NULL
) STRICT;
CREATE INDEX dose_rate_10m_by_time ON dose_rate_10m (instrument, end_ns);
CREATE INDEX dose_rate_10m_supersedes ON dose_rate_10m (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE dose_rate_1h (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    gross_nsv_h REAL,
    u_nsv_h REAL,
    u_counting_nsv_h REAL,
    u_calibration_nsv_h REAL,
    low_nsv_h REAL,
    high_nsv_h REAL,
    background_nsv_h REAL,
    u_background_nsv_h REAL,
    net_nsv_h REAL,
    decision_threshold_nsv_h REAL,
    significance REAL,
    counts INTEGER,
    live_s REAL,
    count_rate_cps REAL,
    reported_nsv_h REAL,
    completeness REAL NOT NULL,
    samples INTEGER NOT NULL
) STRICT;
CREATE INDEX dose_rate_1h_by_time ON dose_rate_1h (instrument, end_ns);
CREATE INDEX dose_rate_1h_supersedes ON dose_rate_1h (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE meteo (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    rain_mm REAL,
    rain_total_mm REAL,
    rain_rate_mm_h REAL,
    temperature_c REAL,
    pressure_hpa REAL,
    humidity_pct REAL,
    wind_speed_m_s REAL,
    wind_direction_deg REAL
) STRICT;
CREATE INDEX meteo_by_time ON meteo (instrument, end_ns);
CREATE INDEX meteo_supersedes ON meteo (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE alarm (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    alarm TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    condition TEXT NOT NULL,
    since_ns INTEGER NOT NULL,
    value REAL,
    "limit" REAL,
    unit TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_by_time ON alarm (instrument, end_ns);
CREATE INDEX alarm_supersedes ON alarm (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE health (
    seq INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    instrument TEXT NOT NULL,
    channel TEXT NOT NULL,
    quantity TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    validation TEXT NOT NULL,
    flags INTEGER NOT NULL,
    flags_version INTEGER NOT NULL,
    config TEXT NOT NULL,
    calibration TEXT NOT NULL,
    software TEXT NOT NULL,
    boot TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL,
    link TEXT NOT NULL,
    polls INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    no_answer INTEGER NOT NULL,
    bad_answer INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    port_gone INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    latency_ms REAL,
    latency_max_ms REAL,
    dropped INTEGER,
    outbox_depth INTEGER,
    wal_bytes INTEGER,
    journal_bytes INTEGER,
    disk_free_bytes INTEGER,
    restarts INTEGER,
    clock_steps INTEGER
) STRICT;
CREATE INDEX health_by_time ON health (instrument, end_ns);
CREATE INDEX health_supersedes ON health (supersedes) WHERE supersedes IS NOT NULL;

-- What the file is: journal id, last seq, clock epoch, counters.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The text of every configuration that a record names by its hash.
CREATE TABLE config_text (hash TEXT PRIMARY KEY, text TEXT NOT NULL, first_used_ns INTEGER NOT NULL) STRICT;

-- Calibration periods that records name.
CREATE TABLE calibration_period (
    id TEXT PRIMARY KEY, instrument TEXT NOT NULL, content TEXT NOT NULL, first_used_ns INTEGER NOT NULL
) STRICT;

-- What each quality bit meant in each version of the flag table.
CREATE TABLE flag_bit (
    version INTEGER NOT NULL, bit INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (version, bit)
) STRICT, WITHOUT ROWID;

-- What each destination has confirmed.
CREATE TABLE outbox (
    destination TEXT PRIMARY KEY, journal TEXT NOT NULL, seq INTEGER NOT NULL, ranges TEXT NOT NULL
) STRICT;

-- State that a restart needs (alarms and their delays), by name, as JSON.
CREATE TABLE state (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;

-- Who did what, when, through which program, and what came of it.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, wall_ns INTEGER NOT NULL, boot TEXT NOT NULL, mono_ns INTEGER NOT NULL,
    clock_epoch INTEGER NOT NULL, program TEXT NOT NULL, person TEXT NOT NULL, command TEXT NOT NULL,
    command_id TEXT NOT NULL, verdict TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;

-- Commands already carried out, until they expire: the same one is refused the second time.
CREATE TABLE command_seen (command_id TEXT PRIMARY KEY, expires_ns INTEGER NOT NULL) STRICT;
