//! Makes signed calls to the server that the environment names, and fails if one of them does not hold.
use colonyos::call::Client;
use colonyos::crypto::Key;
use colonyos::domains::{
    AddColonyMsg, AddExecutorMsg, AddUserMsg, ApproveExecutorMsg, AssignProcessMsg, CloseSuccessfulMsg, Colony,
    Conditions, Executor, FunctionSpec, GetProcessMsg, ProcessState, SubmitFunctionSpecMsg, SubscribeProcessMsg, User,
};
use colonyos::error::Error;
use colonyos::transport::Http;
use std::env::var;
use std::fmt::Write as _;
use std::io::Read as _;
use std::time::Duration;

type Outcome<V> = Result<V, Box<dyn std::error::Error>>;

fn new_key() -> Outcome<Key> {
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(Key::from_hex(&text)?)
}

fn client(key: &Key) -> Outcome<Client<Http>> {
    let http = Http::new(&var("COLONIES_SERVER_HOST")?, var("COLONIES_SERVER_PORT")?.parse()?, false);
    Ok(Client::new(http.silent_for_at_most(Duration::from_secs(60)), key.clone()))
}

fn main() -> Outcome<()> {
    let [owner, user, worker] = [new_key()?, new_key()?, new_key()?];
    let colonyname = format!("rust-{}", &owner.identity()[..8]);
    let [as_server, as_owner] = [client(&Key::from_hex(&var("COLONIES_SERVER_PRVKEY")?)?)?, client(&owner)?];
    let [as_user, as_worker] = [client(&user)?, client(&worker)?];

    let colony = Colony { colonyid: owner.identity(), name: colonyname.clone() };
    as_server.add_colony(&AddColonyMsg { colony })?;
    let member = User { colonyname: colonyname.clone(), userid: user.identity(), name: "rust-user".into(), ..User::default() };
    as_owner.add_user(&AddUserMsg { user: member })?;
    let executor = Executor {
        executorid: worker.identity(),
        executorname: "rust-worker".into(),
        executortype: "rust".into(),
        colonyname: colonyname.clone(),
        ..Executor::default()
    };
    as_owner.add_executor(&AddExecutorMsg { executor })?;
    as_owner.approve_executor(&ApproveExecutorMsg { colonyname: colonyname.clone(), executorname: "rust-worker".into() })?;

    let conditions = Conditions { colonyname: colonyname.clone(), executortype: "rust".into(), ..Conditions::default() };
    let spec = FunctionSpec {
        funcname: "double".into(),
        args: vec![21.into(), "twenty-one".into()],
        conditions,
        ..FunctionSpec::default()
    };
    let submitted = as_user.submit(&SubmitFunctionSpecMsg { spec })?;
    let job = AssignProcessMsg { colonyname: colonyname.clone(), timeout: 10, ..AssignProcessMsg::default() };
    let assigned = as_worker.assign(&job)?;
    assert_eq!((&assigned.processid, assigned.state), (&submitted.processid, ProcessState::Running));
    assert!(assigned.starttime.is_some() && assigned.endtime.is_none());

    let mut pushed = as_user.subscribe_process(&SubscribeProcessMsg {
        colonyname: colonyname.clone(),
        processid: submitted.processid.clone(),
        executortype: "rust".into(),
        state: ProcessState::Running,
        timeout: 30,
    })?;
    assert_eq!(pushed.next().ok_or("nothing was pushed")??.processid, submitted.processid);

    let doubled = 2 * assigned.spec.args[0].as_i64().ok_or("no number")?;
    as_worker.close(&CloseSuccessfulMsg { processid: assigned.processid, output: vec![doubled.into()] })?;
    let closed = as_user.get_process(&GetProcessMsg { processid: submitted.processid })?;
    assert_eq!((closed.state, closed.output), (ProcessState::Success, vec![42.into()]));

    match as_worker.assign(&AssignProcessMsg { timeout: -1, ..job }) {
        Err(Error::Refused { code: Some("NO_PROCESS"), status: 404, .. }) => {}
        other => return Err(format!("assigned what is not there: {other:?}").into()),
    }
    println!("submit, assign, subscribe, close and a refusal as they should be");
    Ok(())
}
